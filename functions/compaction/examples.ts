// Valid requests of compaction.
import { type Examples, scheduledAt } from '@penstock/shared/base/examples.ts'
import type { routes } from './contract.ts'

export const requests: Examples<typeof routes> = {
  run: [() => ({}), scheduledAt('compaction')],
  rollups: [() => ({}), scheduledAt('compaction')],
}
