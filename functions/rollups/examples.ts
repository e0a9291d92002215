// Valid requests of roll-ups.
import { type Examples, scheduledAt } from '@penstock/shared/base/examples.ts'
import type { routes } from './contract.ts'

export const requests: Examples<typeof routes> = {
  run: [() => ({}), scheduledAt('rollups')],
}
