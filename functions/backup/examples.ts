// Valid requests of backups. A run of another instance is refused, so none of them takes a backup of whatever it is sent to.
import { type Examples, scheduledAt } from '@penstock/shared/base/examples.ts'
import type { routes } from './contract.ts'

const another = { json: { instance_name: 'another-instance' }, refusal: 422 } as const

export const requests: Examples<typeof routes> = {
  verify: [() => another],
  history: [(_, chance) => ({ query: [['limit', String(1 + chance.below(100))]] }), () => ({})],
  cleanup: [() => ({ json: {} })],
  status: [() => ({})],
  export: [() => another],
  exports: [() => ({ credential: 'bearer', query: [['limit', '5']] })],
  proceed: [() => ({ json: {} }), scheduledAt('backup')],
}
