// Valid requests of audit.
import { type Examples, scheduledAt } from '@penstock/shared/base/examples.ts'
import type { routes } from './contract.ts'

export const requests: Examples<typeof routes> = {
  entries: [
    () => ({
      query: [
        ['action', 'api_key.create'],
        ['limit', '10'],
      ],
    }),
    () => ({}),
  ],
  verify: [() => ({}), () => ({ query: [['from', '1']] })],
  seal: [() => ({}), scheduledAt('audit')],
}
