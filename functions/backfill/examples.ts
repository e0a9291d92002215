// Valid requests of backfill, and rows of its tables: each route has a job of its own, which no other route can finish.
import type { ExampleChance, Examples, MakeRows } from '@penstock/shared/base/examples.ts'
import type { routes } from './contract.ts'

const ids = {
  progress: '11111111-0000-4000-8000-000000000001',
  claim: '22222222-0000-4000-8000-000000000002',
  heartbeat: '33333333-0000-4000-8000-000000000003',
  complete: '44444444-0000-4000-8000-000000000004',
  fail: '55555555-0000-4000-8000-000000000005',
} as const
const LEASE = '99999999-0000-4000-8000-000000000009'
const lease = { lease_id: LEASE, fencing_token: 1 }

export const requests: Examples<typeof routes> = {
  start: [
    (_, chance) => ({ json: newJob(chance) }),
    () => ({
      headers: [['Idempotency-Key', 'the-same-job']],
      json: { job_type: 'reindex', start_block: 5, end_block: 5, created_by: null },
    }),
  ],
  progress: [
    () => ({
      query: [['job_id', ids.progress]],
      json: { current_block: 7, progress_percentage: 99.5, estimated_completion: '2030-01-01T00:00:00.123456Z' },
    }),
    () => ({
      query: [['job_id', ids.progress]],
      headers: [['If-Match', '*']],
      json: { current_block: 7, progress_percentage: 100, error_message: 'a disk is full' },
    }),
  ],
  list: [
    () => ({}),
    () => ({
      query: [
        ['status', 'running'],
        ['job_type', 'example'],
        ['limit', '2'],
        ['offset', '1'],
      ],
    }),
  ],
  job: [(_, chance) => ({ parameters: { job_id: chance.pick(Object.values(ids)) } })],
  claim: [
    (_, chance) => ({
      parameters: { job_id: ids.claim },
      json: { worker: 'w', size: 1 + chance.below(50), lease_seconds: 1 },
    }),
  ],
  heartbeat: [() => ({ parameters: { job_id: ids.heartbeat }, json: lease })],
  complete: [() => ({ parameters: { job_id: ids.complete }, json: lease })],
  fail: [() => ({ parameters: { job_id: ids.fail }, json: { ...lease, error_message: 'disk full' } })],
}

export const rows: MakeRows = () => ({
  backfill_job: [
    // The job with reports has one block, so that an accepted report never prevents the next one.
    { ...job(ids.progress), end_block: 7 },
    { ...job(ids.claim), end_block: '9223372036854775807' },
    ...leased.map((id) => ({ ...job(id), next_block: 1_000, fencing_token: 1 })),
  ],
  // One lease over all blocks of the job, for a day.
  backfill_lease: leased.map((job_id) => ({
    job_id,
    start_block: 7,
    end_block: 999,
    state: 'leased',
    ...lease,
    worker: 'w',
    lease_seconds: 86_400,
    expires_at: 'tomorrow',
  })),
})

const leased = [ids.heartbeat, ids.complete, ids.fail]

const job = (id: string) => ({ id, job_type: 'example', start_block: 7, end_block: 999, current_block: 7 })

const newJob = (chance: ExampleChance) => ({
  job_type: chance.pick(['reindex', 'import']),
  start_block: chance.below(100),
  end_block: 100 + chance.below(1_000),
  created_by: 'a person',
})
