// Valid requests of retention.
import { type Examples, scheduledAt } from '@penstock/shared/base/examples.ts'
import type { routes } from './contract.ts'

export const requests: Examples<typeof routes> = {
  run: [
    (_, chance) => ({
      json: {
        policies: [chance.pick(['dead_letters', 'job_runs', 'feedback'])],
        dry_run: chance.pick([true, false]),
      },
    }),
    scheduledAt('retention'),
  ],
  archives: [
    ({ tenant }, chance) => ({
      credential: 'bearer',
      query: [
        ['tenant', tenant],
        ['month', '2026-08-01'],
        ['limit', String(1 + chance.below(1_000))],
      ],
    }),
  ],
  map: [({ tenant }) => ({ credential: 'bearer', query: [['tenant', tenant]] })],
  verify: [({ tenant }, chance) => ({ json: { dataset: 'metrics', tenant, after: String(chance.below(1_000)) } })],
  holds: [({ tenant }) => ({ credential: 'bearer', query: [['tenant', tenant]] })],
  hold: [
    ({ tenant }, chance) => ({
      json: {
        tenant,
        dataset: 'feedback',
        start_time: '2012-01-01T00:00:00Z',
        end_time: '2012-02-01T00:00:00+01:00',
        reason: `case ${chance.below(50)}`,
        by: 'counsel',
      },
    }),
  ],
  reopen: [() => ({ json: { dataset: 'metrics', month: '2014-04-01' }, refusal: 404 })],
  release: [() => ({ json: { id: '1', by: 'counsel' } })],
}
