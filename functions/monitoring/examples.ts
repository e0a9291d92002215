// Valid requests of monitoring.
import { type Examples, scheduledAt } from '@penstock/shared/base/examples.ts'
import type { routes } from './contract.ts'

export const requests: Examples<typeof routes> = {
  pool: [() => ({})],
  queries: [() => ({ query: [['window', '5m']] }), () => ({ credential: 'bearer' })],
  connections: [() => ({})],
  indexes: [() => ({ query: [['unused', 'true']] }), () => ({})],
  locks: [() => ({})],
  tables: [() => ({})],
  replication: [() => ({})],
  publish: [() => ({}), scheduledAt('monitoring')],
  suite: [() => ({})],
  scrape: [() => ({ headers: [['Accept', 'application/openmetrics-text; version=1.0.0']] }), () => ({})],
}
