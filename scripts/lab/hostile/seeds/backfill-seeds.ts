// Valid requests to backfill, and their jobs: each route has one of its own, which no other route can finish.
import type { Client } from 'pg'
import { routes } from '../../../../functions/backfill/contract.ts'
import type { Random } from '../../random.ts'
import type { World } from '../world.ts'
import type { MakeSeed } from './seed.ts'

const ids = {
  progress: '11111111-0000-4000-8000-000000000001',
  claim: '22222222-0000-4000-8000-000000000002',
  heartbeat: '33333333-0000-4000-8000-000000000003',
  complete: '44444444-0000-4000-8000-000000000004',
  fail: '55555555-0000-4000-8000-000000000005',
} as const
const LEASE = '99999999-0000-4000-8000-000000000009'

/** Makes the jobs of these seeds. Those that workers report on have one lease, over all their blocks, for a day. */
export async function plantJobs(client: Client, tenant: string): Promise<void> {
  for (const id of Object.values(ids)) {
    // The job with reports has one block, so that an accepted report never prevents the next one.
    const end = id === ids.progress ? 7 : id === ids.claim ? '9223372036854775807' : 999
    await client.query(
      `insert into backfill_job (tenant_id, id, job_type, start_block, end_block, current_block)
       select t.id, $2, 'hostile', 7, $3, 7 from tenant t where t.name = $1`,
      [tenant, id, end],
    )
  }
  for (const id of [ids.heartbeat, ids.complete, ids.fail]) {
    await client.query(`update backfill_job set next_block = 1000, fencing_token = 1 where id = $1`, [id])
    await client.query(
      `insert into backfill_lease
         (tenant_id, job_id, start_block, end_block, state, lease_id, fencing_token, worker, lease_seconds, expires_at)
       select tenant_id, id, 7, 999, 'leased', $2, 1, 'w', 86400, now() + interval '1 day' from backfill_job where id = $1`,
      [id, LEASE],
    )
  }
}

const reads = ({ keys }: World) => [['X-API-Key', keys.writer]] as const
const writes = ({ keys }: World) =>
  [
    ['Content-Type', 'application/json'],
    ['Authorization', `Bearer ${keys.writer}`],
  ] as const

const pathOf = (route: 'job' | 'claim' | 'heartbeat' | 'complete' | 'fail', id: string): string =>
  routes[route].path.replace('{job_id}', id)

const lease = { lease_id: LEASE, fencing_token: 1 }

/** Seeds by function and key of the route in its contract. */
export const backfillSeeds: Readonly<Record<string, readonly MakeSeed[]>> = {
  'backfill.start': [
    (world, random) => ({ headers: writes(world), json: newJob(random) }),
    (world) => ({
      headers: [...writes(world), ['Idempotency-Key', 'the-same-job']],
      json: { job_type: 'reindex', start_block: 5, end_block: 5, created_by: null },
    }),
  ],
  'backfill.progress': [
    (world) => ({
      query: [['job_id', ids.progress]],
      headers: writes(world),
      json: { current_block: 7, progress_percentage: 99.5, estimated_completion: '2030-01-01T00:00:00.123456Z' },
    }),
    (world) => ({
      query: [['job_id', ids.progress]],
      headers: [...writes(world), ['If-Match', '*']],
      json: { current_block: 7, progress_percentage: 100, error_message: 'a disk is full' },
    }),
  ],
  'backfill.list': [
    (world) => ({ headers: reads(world) }),
    (world) => ({
      headers: reads(world),
      query: [
        ['status', 'running'],
        ['job_type', 'hostile'],
        ['limit', '2'],
        ['offset', '1'],
      ],
    }),
  ],
  'backfill.job': [
    (world, random) => ({ path: pathOf('job', random.pick(Object.values(ids))), headers: reads(world) }),
  ],
  'backfill.claim': [
    (world, random) => ({
      path: pathOf('claim', ids.claim),
      headers: writes(world),
      json: { worker: 'w', size: 1 + random.below(50), lease_seconds: 1 },
    }),
  ],
  'backfill.heartbeat': [
    (world) => ({ path: pathOf('heartbeat', ids.heartbeat), headers: writes(world), json: lease }),
  ],
  'backfill.complete': [(world) => ({ path: pathOf('complete', ids.complete), headers: writes(world), json: lease })],
  'backfill.fail': [
    (world) => ({
      path: pathOf('fail', ids.fail),
      headers: writes(world),
      json: { ...lease, error_message: 'disk full' },
    }),
  ],
}

const newJob = (random: Random) => ({
  job_type: random.pick(['reindex', 'import']),
  start_block: random.below(100),
  end_block: 100 + random.below(1_000),
  created_by: 'a person',
})
