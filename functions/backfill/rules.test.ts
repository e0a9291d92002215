// The database enforces the rules for every caller, here the superuser.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Backfill, openBackfill } from '../../test/support/http/backfill.ts'
import { statuses } from './contract.ts'
import { moves } from './progress.ts'

let backfill: Backfill
beforeAll(async () => {
  backfill = await openBackfill()
})
afterAll(async () => await backfill.close())

const insertJob = async (status = 'running'): Promise<string> => {
  const [row] = await backfill.admin.query<{ id: string }>(
    `insert into backfill_job (tenant_id, id, job_type, start_block, end_block, current_block, status, completed_at, next_block, fencing_token)
     values ($1, gen_random_uuid(), 't', 10, 20, 15, $2, case when $2 in ('completed', 'failed') then now() end, 16, 4) returning id`,
    [backfill.caller.tenant.id, status],
  )
  return row?.id ?? ''
}
const insertLease = async (jobId: string, state = 'leased'): Promise<void> => {
  await backfill.admin.query(
    `insert into backfill_lease (tenant_id, job_id, start_block, end_block, state, lease_id, fencing_token, worker, lease_seconds, expires_at)
     values ($1, $2, 10, 15, $3, gen_random_uuid(), 4, 'w', 60, now())`,
    [backfill.caller.tenant.id, jobId, state],
  )
}
const change = async (jobId: string, set: string): Promise<unknown> =>
  await backfill.admin.query(`update backfill_job set ${set} where id = $1`, [jobId])
const changeLease = async (jobId: string, set: string): Promise<unknown> =>
  await backfill.admin.query(`update backfill_lease set ${set} where job_id = $1`, [jobId])

describe('the table of moves', () => {
  const pairs = statuses.flatMap((from) => statuses.map((to) => [from, to] as const)).filter(([a, b]) => a !== b)

  it.each(pairs)('is the database’s too: %s to %s', async (from, to) => {
    const id = await insertJob(from)
    const final = to === 'completed' || to === 'failed'
    const changed = change(id, `status = '${to}', completed_at = ${final ? 'now()' : 'null'}`)
    if (moves[from].includes(to)) await changed
    else await expect(changed).rejects.toThrow(/for good/)
    const [row] = await backfill.admin.query<{ status: string }>('select status from backfill_job where id = $1', [id])
    expect(row?.status).toBe(moves[from].includes(to) ? to : from)
  })
})

describe('a job', () => {
  it.each([
    ['current_block = 14', /backwards/],
    ['next_block = 15', /backwards/],
    ['next_block = null', /backwards/],
    ['fencing_token = 3', /backwards/],
    ['end_block = 30', /does not change/],
    ['start_block = 9', /does not change/],
    ["job_type = 'u'", /does not change/],
    ['started_at = now()', /does not change/],
    ['current_block = 21', /violates check/],
    ['next_block = 22', /violates check/],
    ['progress_percentage = 100.1', /violates check/],
    ["status = 'completed'", /violates check/],
    ['completed_at = now()', /violates check/],
    ["status = 'asleep'", /violates check/],
  ])('cannot be changed so: %s', async (set, message) => {
    await expect(change(await insertJob(), set)).rejects.toThrow(message)
  })

  it('that is finished cannot be changed at all', async () => {
    await expect(change(await insertJob('failed'), "error_message = 'later'")).rejects.toThrow(/for good/)
  })

  it('has another version when a caller can see the change, and only then', async () => {
    const id = await insertJob()
    const version = async () =>
      (await backfill.admin.query<{ version: number }>('select version from backfill_job where id = $1', [id]))[0]
        ?.version
    await change(id, 'fencing_token = 9, next_block = 17, running_from = 3')
    expect(await version()).toBe(1)
    await change(id, 'progress_percentage = 7')
    expect(await version()).toBe(2)
    await change(id, 'progress_percentage = 7, version = 77')
    expect(await version()).toBe(2)
  })
})

describe('a range', () => {
  it.each([
    ['end_block = 16', /shorter/],
    ['start_block = 11', /shorter/],
    ['fencing_token = 3', /higher fencing token/],
    ['lease_id = gen_random_uuid()', /higher fencing token/],
    ['fencing_token = 0', /higher fencing token/],
  ])('cannot be changed so: %s', async (set, message) => {
    const id = await insertJob()
    await insertLease(id)
    await expect(changeLease(id, set)).rejects.toThrow(message)
  })

  it('that is done cannot be changed at all', async () => {
    const id = await insertJob()
    await insertLease(id, 'done')
    await expect(changeLease(id, "state = 'leased'")).rejects.toThrow(/for good/)
  })

  it('is of a job of its own tenant', async () => {
    const id = await insertJob()
    const stray = backfill.admin.query(
      `insert into backfill_lease (tenant_id, job_id, start_block, end_block, state, fencing_token, worker, lease_seconds, expires_at)
       values ($1, $2, 10, 15, 'leased', 4, 'w', 60, now())`,
      [backfill.stranger.tenant.id, id],
    )
    await expect(stray).rejects.toThrow(/foreign key/)
  })
})
