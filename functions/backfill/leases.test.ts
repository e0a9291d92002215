import { aroundUnits } from '@penstock/shared/database/units.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Backfill, openBackfill } from '../../test/support/http/backfill.ts'
import type { Job, Lease, Status } from './contract.ts'
import { job, progress, start } from './handler.ts'
import { claim, complete, fail, heartbeat } from './leases.ts'

let backfill: Backfill
beforeAll(async () => {
  backfill = await openBackfill()
})
afterAll(async () => await backfill.close())

const writer = () => ({ caller: backfill.caller, idempotency: null })
const startJob = async (first: bigint, last: bigint): Promise<string> =>
  (await start(backfill.deps, writer(), { job_type: 'work', start_block: first, end_block: last })).id
const take = async (id: string, size: number, key?: string): Promise<Lease | undefined> => {
  const idempotency = key === undefined ? null : { key, payload: 'a'.repeat(64) }
  return await claim(backfill.deps, { ...writer(), idempotency }, id, { worker: 'w', size, lease_seconds: 60 })
}
const taken = async (id: string, size: number): Promise<Lease> => (await take(id, size)) as Lease
const done = async (id: string, lease: Lease): Promise<Job> => await complete(backfill.deps, writer(), id, lease)
const read = async (id: string): Promise<Job> => await job(backfill.deps, backfill.caller, id)
const setStatus = async (id: string, status: Status): Promise<Job> =>
  await progress(backfill.deps, writer(), {
    jobId: id,
    report: { current_block: (await read(id)).current_block, progress_percentage: 0, status },
    isExpected: () => true,
  })
const failed = async (id: string, lease: Lease, error_message?: string): Promise<Job> =>
  await fail(backfill.deps, writer(), id, { ...lease, error_message })
const ends = (lease: Lease | undefined) => lease && [lease.start_block, lease.end_block]
const problem = (status: number) => expect.objectContaining({ kind: expect.objectContaining({ status }) })

describe('a claim', () => {
  it('hands out the blocks in order, each once, and the last ones too', async () => {
    const id = await startJob(1000n, 1099n)
    expect(ends(await take(id, 60))).toEqual([1000n, 1059n])
    expect(ends(await take(id, 60))).toEqual([1060n, 1099n])
    expect(await take(id, 60)).toBeUndefined()
  })

  it('reaches the last block that 64 bits have', async () => {
    const id = await startJob(2n ** 63n - 3n, 2n ** 63n - 1n)
    const lease = await taken(id, 100)
    expect(ends(lease)).toEqual([2n ** 63n - 3n, 2n ** 63n - 1n])
    expect(await take(id, 100)).toBeUndefined()
    expect(await done(id, lease)).toMatchObject({ status: 'completed', current_block: 2n ** 63n - 1n })
  })

  it('begins where the client’s reports ended', async () => {
    const id = await startJob(0n, 99n)
    const report = { current_block: 40n, progress_percentage: 40 }
    await progress(backfill.deps, writer(), { jobId: id, report, isExpected: () => true })
    const lease = await taken(id, 100)
    expect(ends(lease)).toEqual([40n, 99n])
    expect(await done(id, lease)).toMatchObject({ status: 'completed', progress_percentage: 100 })
  })

  it('has a higher token each time, and its lease has its time', async () => {
    const id = await startJob(0n, 99n)
    const [a, b] = [await taken(id, 10), await taken(id, 10)]
    expect(b.fencing_token).toBeGreaterThan(a.fencing_token)
    expect((Date.parse(a.expires_at) - Date.now()) / 1000).toBeCloseTo(60, -1)
  })

  it('is the same lease with the same idempotency key', async () => {
    const id = await startJob(0n, 99n)
    const first = await take(id, 10, 'key')
    expect(await take(id, 10, 'key')).toEqual(first)
    expect(ends(await take(id, 10))).toEqual([10n, 19n])
  })

  it('gets nothing of a job that is not running, and is refused for one that there is not', async () => {
    const id = await startJob(0n, 99n)
    const lease = await taken(id, 10)
    await setStatus(id, 'paused')
    expect(await take(id, 10)).toBeUndefined()
    expect(await done(id, lease)).toMatchObject({ status: 'paused', current_block: 10n, progress_percentage: 10 })
    await setStatus(id, 'running')
    expect(ends(await take(id, 10))).toEqual([10n, 19n])
    await setStatus(id, 'failed')
    expect(await take(id, 10)).toBeUndefined()
    await expect(take('00000000-0000-4000-8000-000000000000', 10)).rejects.toEqual(problem(404))
    const stranger = claim(backfill.deps, { caller: backfill.stranger, idempotency: null }, id, {
      worker: 'w',
      size: 1,
      lease_seconds: 60,
    })
    await expect(stranger).rejects.toEqual(problem(404))
  })
})

describe('a lease', () => {
  it('is handed out again when it is over, and its old holder is refused', async () => {
    const id = await startJob(0n, 9n)
    const old = await taken(id, 10)
    expect(await take(id, 10)).toBeUndefined()
    await backfill.letLeasesEnd(id)
    const fresh = await taken(id, 10)
    expect(ends(fresh)).toEqual([0n, 9n])
    expect(fresh.fencing_token).toBeGreaterThan(old.fencing_token)
    await expect(heartbeat(backfill.deps, writer(), id, old)).rejects.toEqual(problem(409))
    await expect(done(id, old)).rejects.toEqual(problem(409))
    await expect(failed(id, old, 'x')).rejects.toEqual(problem(409))
    await expect(done(id, { ...fresh, fencing_token: fresh.fencing_token + 1 })).rejects.toEqual(problem(409))
    expect(await done(id, fresh)).toMatchObject({ status: 'completed' })
    await expect(done(id, old)).rejects.toEqual(problem(409))
  })

  it('lives on with heartbeats, also when it was over and nobody came', async () => {
    const id = await startJob(0n, 9n)
    const lease = await taken(id, 10)
    await backfill.letLeasesEnd(id)
    const longer = await heartbeat(backfill.deps, writer(), id, lease)
    expect(longer).toMatchObject({ lease_id: lease.lease_id, fencing_token: lease.fencing_token })
    expect(await take(id, 10)).toBeUndefined()
    await setStatus(id, 'failed')
    await expect(heartbeat(backfill.deps, writer(), id, lease)).rejects.toEqual(problem(409))
    const nowhere = heartbeat(backfill.deps, writer(), '00000000-0000-4000-8000-000000000000', lease)
    await expect(nowhere).rejects.toEqual(problem(404))
  })

  it('that is over may still be completed while nobody else has it', async () => {
    const id = await startJob(0n, 9n)
    const lease = await taken(id, 10)
    await backfill.letLeasesEnd(id)
    expect(await done(id, lease)).toMatchObject({ status: 'completed' })
  })

  it('is divided when less is asked for, and the rest goes out next', async () => {
    const id = await startJob(0n, 99n)
    await taken(id, 50)
    await backfill.letLeasesEnd(id)
    expect(ends(await take(id, 20))).toEqual([0n, 19n])
    expect(ends(await take(id, 20))).toEqual([20n, 39n])
    expect(ends(await take(id, 20))).toEqual([40n, 49n])
    expect(ends(await take(id, 20))).toEqual([50n, 69n])
  })
})

describe('a completed range', () => {
  it('moves the job to the first block that is not done, and counts those behind it', async () => {
    const id = await startJob(0n, 99n)
    const [a, b, c] = [await taken(id, 25), await taken(id, 25), await taken(id, 25)]
    expect(await done(id, b)).toMatchObject({ current_block: 0n, progress_percentage: 25 })
    expect(await done(id, a)).toMatchObject({ current_block: 50n, progress_percentage: 50 })
    expect(await done(id, a)).toMatchObject({ current_block: 50n, progress_percentage: 50 })
    expect(await done(id, c)).toMatchObject({ current_block: 75n, progress_percentage: 75, status: 'running' })
    const rest = await taken(id, 25)
    expect(await done(id, rest)).toMatchObject({
      current_block: 99n,
      progress_percentage: 100,
      status: 'completed',
      completed_at: expect.any(String),
      estimated_completion: null,
    })
    expect(await done(id, rest)).toMatchObject({ status: 'completed' })
    expect(await take(id, 25)).toBeUndefined()
  })

  it('says when the job will be done', async () => {
    const id = await startJob(0n, 99n)
    await backfill.admin.query(
      `update backfill_job set running_since = clock_timestamp() - interval '30 s' where id = $1`,
      [id],
    )
    const { estimated_completion } = await done(id, await taken(id, 25))
    expect((Date.parse(estimated_completion ?? '') - Date.now()) / 1000).toBeCloseTo(90, -1)
  })

  it('is the last word: a report cannot complete the job before its ranges do, nor move it', async () => {
    const id = await startJob(0n, 99n)
    const lease = await taken(id, 50)
    await expect(setStatus(id, 'completed')).rejects.toEqual(problem(409))
    const report = { current_block: 99n, progress_percentage: 100 }
    expect(await progress(backfill.deps, writer(), { jobId: id, report, isExpected: () => true })).toMatchObject({
      current_block: 0n,
      progress_percentage: 0,
    })
    await setStatus(id, 'failed')
    await expect(done(id, lease)).rejects.toEqual(problem(409))
  })
})

describe('a range that failed', () => {
  it('goes out again, and the job says what went wrong until it is completed', async () => {
    const id = await startJob(0n, 9n)
    const first = await taken(id, 10)
    const told = await failed(id, first, 'disk full')
    expect(told).toMatchObject({ status: 'running', error_message: 'Blocks 0 to 9: disk full' })
    expect(await failed(id, first, 'disk full')).toEqual(told)
    await expect(done(id, first)).rejects.toEqual(problem(409))
    await expect(heartbeat(backfill.deps, writer(), id, first)).rejects.toEqual(problem(409))
    const second = await taken(id, 10)
    expect(second).toMatchObject({ start_block: 0n, end_block: 9n, failures: 1 })
    expect(await done(id, second)).toMatchObject({ status: 'completed', error_message: null })
    await expect(failed(id, second, 'late')).rejects.toEqual(problem(409))
  })

  it('waits a little longer each time, up to five minutes', async () => {
    const id = await startJob(0n, 9n)
    const pauses: number[] = []
    for (let i = 0; i < 12; i++) {
      await failed(id, await taken(id, 10), 'no')
      const [row] = await backfill.admin.query<{ s: number }>(
        `select round(extract(epoch from expires_at - clock_timestamp()))::int as s from backfill_lease where job_id = $1`,
        [id],
      )
      pauses.push(row?.s ?? -1)
      await backfill.letLeasesEnd(id)
    }
    expect(pauses).toEqual([0, 1, 3, 7, 15, 31, 63, 127, 255, 300, 300, 300])
  })

  it('is none when it is given back without a message', async () => {
    const id = await startJob(0n, 9n)
    expect(await failed(id, await taken(id, 10))).toMatchObject({ error_message: null, version: 1 })
    expect(await taken(id, 10)).toMatchObject({ failures: 0 })
  })
})

it('of a claim whose commit is not known, the second try finds the lease of the first', async () => {
  const id = await startJob(0n, 99n)
  let tries = 0
  const db = aroundUnits(backfill.deps.db, async (run, work) => {
    tries++
    await run(work)
    return await run(work)
  })
  const lease = await claim({ ...backfill.deps, db }, writer(), id, { worker: 'w', size: 10, lease_seconds: 60 })
  expect([tries, ends(lease)]).toEqual([1, [0n, 9n]])
  expect(ends(await take(id, 10))).toEqual([10n, 19n])
})

describe('a range whose workers do not report', () => {
  /** Lets every lease, and every pause after one, be over. */
  const expire = async (id: string): Promise<void> =>
    void (await backfill.admin.query(
      `update backfill_lease set expires_at = clock_timestamp() - interval '1 second' where job_id = $1 and state in ('leased', 'returned')`,
      [id],
    ))

  it('goes out again at once, then after a pause, and the job says whose lease expired', async () => {
    const id = await startJob(0n, 9n)
    expect((await taken(id, 10)).failures).toBe(0)
    await expire(id)
    expect((await taken(id, 10)).failures).toBe(1)
    expect((await read(id)).error_message).toBe(
      'Blocks 0 to 9: the lease of the worker "w" expired without a report, 1 of 10 times.',
    )
    await expire(id)
    expect(await take(id, 10)).toBeUndefined()
    await expire(id)
    expect((await taken(id, 10)).failures).toBe(2)
  })

  it('lets the claims that find it have the blocks behind it', async () => {
    const id = await startJob(0n, 99n)
    for (let i = 0; i < 2; i++) {
      await taken(id, 10)
      await expire(id)
    }
    expect(ends(await take(id, 10))).toEqual([10n, 19n])
  })

  it('is given up after ten times; the others are done, and the job then fails and names it', async () => {
    const id = await startJob(0n, 19n)
    await taken(id, 10)
    await backfill.admin.query('update backfill_lease set losses = 9 where job_id = $1', [id])
    await expire(id)
    const other = await taken(id, 10)
    expect(ends(other)).toEqual([10n, 19n])
    expect(await read(id)).toMatchObject({
      status: 'running',
      error_message: expect.stringContaining('Blocks 0 to 9 are abandoned'),
    })
    expect(await done(id, other)).toMatchObject({
      status: 'failed',
      current_block: 0n,
      progress_percentage: 50,
      completed_at: expect.any(String),
      error_message: expect.stringMatching(
        /^Blocks 0 to 9 were abandoned: .* 10 times .* start a job for these blocks\.$/,
      ),
    })
    await expire(id)
    expect(await take(id, 10)).toBeUndefined()
  })

  it('fails the job with the claim that gives it up where nothing else is left', async () => {
    const id = await startJob(0n, 9n)
    await taken(id, 10)
    await backfill.admin.query('update backfill_lease set losses = 9 where job_id = $1', [id])
    await expire(id)
    expect(await take(id, 10)).toBeUndefined()
    expect(await read(id)).toMatchObject({ status: 'failed', error_message: expect.stringContaining('Blocks 0 to 9') })
  })
})
