import { aroundUnits } from '@penstock/shared/database/units.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Backfill, openBackfill } from '../../test/support/http/backfill.ts'
import type { Job, ProgressReport, Status } from './contract.ts'
import { job, list, progress, start } from './handler.ts'

let backfill: Backfill
beforeAll(async () => {
  backfill = await openBackfill()
})
afterAll(async () => await backfill.close())

const writer = () => ({ caller: backfill.caller, idempotency: null })

const startJob = async (first = 100n, last = 200n, more: { job_type?: string; created_by?: string } = {}) =>
  await start(backfill.deps, writer(), { job_type: 'reindex', start_block: first, end_block: last, ...more })

const report = async (
  { id }: Pick<Job, 'id'>,
  block: bigint,
  percentage: number,
  more: Partial<ProgressReport> & { isExpected?: (version: number) => boolean } = {},
): Promise<Job> => {
  const { isExpected = () => true, ...rest } = more
  return await progress(backfill.deps, writer(), {
    jobId: id,
    report: { current_block: block, progress_percentage: percentage, ...rest },
    isExpected,
  })
}

const problem = (status: number, detail?: string) =>
  expect.objectContaining({ kind: expect.objectContaining({ status }), ...(detail && { detail }) })

describe('a new job', () => {
  it('is running at its first block, and is what a later read answers', async () => {
    const started = await startJob(100n, 200n, { created_by: 'tester' })
    expect(started).toEqual({
      id: expect.any(String),
      job_type: 'reindex',
      start_block: 100n,
      end_block: 200n,
      current_block: 100n,
      status: 'running',
      progress_percentage: 0,
      estimated_completion: null,
      error_message: null,
      started_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      completed_at: null,
      created_by: 'tester',
      version: 1,
    })
    expect(await job(backfill.deps, backfill.caller, started.id)).toEqual(started)
  })

  it('may have one block, and may not end before it starts', async () => {
    expect(await startJob(5n, 5n)).toMatchObject({ start_block: 5n, end_block: 5n })
    await expect(startJob(10n, 9n)).rejects.toEqual(
      problem(400, 'end_block must be greater than or equal to start_block'),
    )
  })

  it('keeps blocks of 64 bits exactly', async () => {
    const { id } = await startJob(2n ** 53n + 1n, 2n ** 63n - 1n)
    await report({ id }, 2n ** 53n + 3n, 0)
    expect(await job(backfill.deps, backfill.caller, id)).toMatchObject({
      start_block: 2n ** 53n + 1n,
      current_block: 2n ** 53n + 3n,
      end_block: 2n ** 63n - 1n,
    })
  })

  it('is one job when ten start it with one key at once, and one answer for a day', async () => {
    const request = { job_type: 'rush', start_block: 0n, end_block: 9n }
    const keyed = { ...writer(), idempotency: { key: 'rush', payload: 'a'.repeat(64) } }
    const jobs = await Promise.allSettled(
      Array.from({ length: 10 }, async (_, i) => {
        const deps = { ...backfill.deps, db: i % 2 ? backfill.deps.db : backfill.instance() }
        return await start(deps, keyed, request)
      }),
    )
    const started = jobs.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    for (const one of jobs) if (one.status === 'rejected') expect(one.reason).toEqual(problem(409))
    expect(new Set(started.map(({ id }) => id)).size).toBe(1)
    const [first] = started as [Job]
    await report(first, 9n, 100, { status: 'completed' })
    expect(await start(backfill.deps, keyed, request)).toEqual(first)
    const other = { ...keyed, idempotency: { key: 'rush', payload: 'b'.repeat(64) } }
    await expect(start(backfill.deps, other, request)).rejects.toEqual(problem(422))
    expect((await start(backfill.deps, { ...keyed, caller: backfill.stranger }, request)).id).not.toBe(first.id)
  })

  it('is one job when it is not known whether its commit happened, and it is started again', async () => {
    const [before] = await backfill.admin.query<{ n: string }>('select count(*) as n from backfill_job')
    const db = aroundUnits(backfill.deps.db, async (run, work) => {
      await run(work)
      return await run(work)
    })
    const request = { job_type: 'twice', start_block: 0n, end_block: 9n }
    await start({ ...backfill.deps, db }, writer(), request)
    const [after] = await backfill.admin.query<{ n: string }>('select count(*) as n from backfill_job')
    expect(Number(after?.n)).toBe(Number(before?.n) + 1)
  })
})

describe('a report', () => {
  it('moves the job on, and is kept as it came', async () => {
    const { id } = await startJob()
    const us = Date.UTC(2030, 0) * 1000 + 123_457
    const moved = await report({ id }, 150n, 50.5, { estimated_completion: us })
    expect(moved).toMatchObject({
      current_block: 150n,
      progress_percentage: 50.5,
      estimated_completion: '2030-01-01T00:00:00.123457Z',
      status: 'running',
      version: 2,
    })
    expect(await job(backfill.deps, backfill.caller, id)).toEqual(moved)
  })

  it.each([
    [150n, 49.4, 50],
    [150n, 49.5, 49.5],
    [150n, 50.5, 50.5],
    [150n, 50.6, 50],
    [200n, 12, 100],
    [100n, 3, 0],
  ])('of block %s says %d percent, and %d is kept', async (block, said, kept) => {
    expect(await report(await startJob(), block, said)).toMatchObject({ progress_percentage: kept })
  })

  it('of the only block is all of it', async () => {
    expect(await report(await startJob(5n, 5n), 5n, 0)).toMatchObject({ progress_percentage: 100 })
  })

  it('never says that all of 2^63 blocks are done while one is not', async () => {
    const almost = await report(await startJob(0n, 2n ** 63n - 1n), 2n ** 63n - 2n, 0)
    expect(almost.progress_percentage).toBeLessThan(100)
  })

  it('is refused outside the job’s blocks, behind its block, and for no job', async () => {
    const { id } = await startJob()
    await report({ id }, 150n, 50)
    await expect(report({ id }, 201n, 50)).rejects.toEqual(problem(400, 'current_block cannot exceed end_block'))
    await expect(report({ id }, 99n, 50)).rejects.toEqual(problem(400, 'current_block cannot be less than start_block'))
    await expect(report({ id }, 149n, 50)).rejects.toEqual(problem(409))
    await report({ id }, 150n, 50)
    const nobody = '00000000-0000-4000-8000-000000000000'
    await expect(report({ id: nobody }, 1n, 1)).rejects.toEqual(problem(404, `Backfill job ${nobody} not found`))
  })

  it('says when it will be done, by the blocks since it was last set running', async () => {
    const { id } = await startJob()
    await backfill.admin.query(
      `update backfill_job set running_since = clock_timestamp() - interval '60 s' where id = $1`,
      [id],
    )
    const quarter = await report({ id }, 125n, 25)
    expect(secondsLeft(quarter)).toBeCloseTo(180, -1)
    expect(await report({ id }, 125n, 25, { status: 'paused' })).toMatchObject({ estimated_completion: null })
    expect(await report({ id }, 125n, 25, { status: 'running' })).toMatchObject({ estimated_completion: null })
    await backfill.admin.query(
      `update backfill_job set running_since = clock_timestamp() - interval '10 s' where id = $1`,
      [id],
    )
    expect(secondsLeft(await report({ id }, 150n, 50))).toBeCloseTo(20, -1)
    expect(await report({ id }, 200n, 100, { status: 'completed' })).toMatchObject({ estimated_completion: null })
  })

  it('says nothing of what is a century away', async () => {
    const { id } = await startJob(0n, 2n ** 62n)
    await backfill.admin.query(
      `update backfill_job set running_since = clock_timestamp() - interval '1 day' where id = $1`,
      [id],
    )
    expect(await report({ id }, 1n, 0)).toMatchObject({ estimated_completion: null })
  })

  it.each<Status>(['completed', 'failed'])('ends the job for good: %s', async (status) => {
    const { id } = await startJob()
    const ended = await report({ id }, 200n, 100, { status, error_message: 'so it is' })
    expect(ended).toMatchObject({ status, error_message: 'so it is', completed_at: expect.any(String) })
    expect(await report({ id }, 200n, 100, { status })).toEqual(ended)
    expect(await report({ id }, 200n, 100)).toEqual(ended)
    for (const next of ['running', 'paused', status === 'failed' ? 'completed' : 'failed'] as const)
      await expect(report({ id }, 200n, 100, { status: next })).rejects.toEqual(problem(409))
    expect(await job(backfill.deps, backfill.caller, id)).toEqual(ended)
  })

  it('is refused when the job is not the one that was expected', async () => {
    const started = await startJob()
    const expecting = (version: number) => ({ isExpected: (found: number) => found === version })
    expect(await report(started, 110n, 10, expecting(1))).toMatchObject({ version: 2 })
    await expect(report(started, 120n, 20, expecting(1))).rejects.toEqual(problem(412))
    const rivals = await Promise.allSettled(
      Array.from({ length: 10 }, async (_, i) => await report(started, 130n + BigInt(i), 30, expecting(2))),
    )
    expect(rivals.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})

describe('the list', () => {
  it('has the newest first, by page, state and type, and the tenant’s alone', async () => {
    const jobs: Job[] = []
    for (let i = 0; i < 12; i++) jobs.push(await startJob(0n, 9n, { job_type: 'listed' }))
    await report(jobs[3] as Job, 9n, 100, { status: 'completed' })
    const ids = async (query: { status?: Status; limit?: number; offset?: number; job_type?: string }) =>
      (await list(backfill.deps, backfill.caller, { job_type: 'listed', limit: 10, offset: 0, ...query })).map((one) =>
        jobs.findIndex(({ id }) => id === one.id),
      )
    expect(await ids({})).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2])
    expect(await ids({ limit: 5, offset: 10 })).toEqual([1, 0])
    expect(await ids({ status: 'completed' })).toEqual([3])
    expect(await ids({ job_type: 'other' })).toEqual([])
    expect(await list(backfill.deps, backfill.stranger, { limit: 10, offset: 0, job_type: 'listed' })).toEqual([])
  })
})

it('of another tenant, a job is none', async () => {
  const { id } = await startJob()
  await expect(job(backfill.deps, backfill.stranger, id)).rejects.toEqual(problem(404))
  const moved = progress(
    backfill.deps,
    { caller: backfill.stranger, idempotency: null },
    {
      jobId: id,
      report: { current_block: 110n, progress_percentage: 10 },
      isExpected: () => true,
    },
  )
  await expect(moved).rejects.toEqual(problem(404))
})

const secondsLeft = ({ estimated_completion }: Job): number =>
  (Date.parse(estimated_completion ?? '') - Date.now()) / 1000
