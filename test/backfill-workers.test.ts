// Workers with the function and its database, over HTTP: failing, interrupted, killed, and several at once.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Lease } from '../functions/backfill/contract.ts'
import { openApi } from '../scripts/data/backfill/api.ts'
import type { WorkMeter } from '../scripts/data/backfill/meter.ts'
import { type DoRange, type WorkOptions, work } from '../scripts/data/backfill/work.ts'
import { type BackfillStand, openBackfillStand } from './support/http/backfill-stand.ts'

let stand: BackfillStand
beforeAll(async () => {
  stand = await openBackfillStand()
})
afterAll(async () => await stand.close())

const quick = async (ms: number, signal?: AbortSignal): Promise<void> =>
  await sleep(Math.min(ms, 100), undefined, signal && { signal }).catch(() => {})
const apiWith = (ask: typeof fetch) =>
  openApi({ fetch: ask, pause: async () => await quick(10), newKey: randomUUID }, { url: stand.url, key: 'none' })
const startJob = async (last: bigint): Promise<string> =>
  (await apiWith(fetch).start({ job_type: 'test', start_block: 0n, end_block: last }, randomUUID())).id

function noting() {
  const seen = { done: 0, failed: [] as string[], lost: 0, said: [] as string[] }
  const meter: WorkMeter = {
    show: () => {},
    done: () => void seen.done++,
    failed: ({ start_block }, message) => void seen.failed.push(`${start_block}: ${message}`),
    lost: () => void seen.lost++,
    say: (line) => void seen.said.push(line),
    end: () => {},
  }
  return { seen, meter }
}

const options = (jobId: string, more: Partial<WorkOptions> = {}): WorkOptions => ({
  jobId,
  workers: 3,
  size: 10,
  leaseSeconds: 60,
  attempts: 5,
  name: 'w',
  ...more,
})
const never = new AbortController().signal
const done: DoRange = async () => ({ isDone: true })

describe('workers', () => {
  it('do every block once, beside each other, and end when the job is completed', async () => {
    const id = await startJob(99n)
    const ranges: Lease[] = []
    const doRange: DoRange = async (lease) => {
      ranges.push(lease)
      await quick(5)
      return { isDone: true }
    }
    const { seen, meter } = noting()
    const deps = { api: apiWith(fetch), doRange, meter, now: Date.now, pause: quick }
    const both = [work(deps, options(id, { size: 7 }), never), work(deps, options(id, { size: 9 }), never)]
    expect(await Promise.all(both)).toEqual(['completed', 'completed'])
    const blocks = ranges.flatMap(({ start_block: first, end_block: last }) =>
      Array.from({ length: Number(last - first) + 1 }, (_, i) => Number(first) + i),
    )
    expect(blocks.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect(seen.done).toBe(ranges.length)
  })

  it('try a range that failed again', async () => {
    const id = await startJob(9n)
    const failing: DoRange = async ({ failures }) =>
      failures === 0 ? { isDone: false, message: 'the disk is full' } : { isDone: true }
    const { seen, meter } = noting()
    const outcome = await work(
      { api: apiWith(fetch), doRange: failing, meter, now: Date.now, pause: quick },
      options(id),
      never,
    )
    expect([outcome, seen.failed]).toEqual(['completed', ['0: the disk is full']])
  })

  it('leave a range alone that fails again and again, and do the others', async () => {
    const id = await startJob(39n)
    const poisoned: DoRange = async ({ start_block }) =>
      start_block === 10n ? { isDone: false, message: 'no' } : { isDone: true }
    const { seen, meter } = noting()
    const deps = { api: apiWith(fetch), doRange: poisoned, meter, now: Date.now, pause: quick }
    expect(await work(deps, options(id, { attempts: 2 }), never)).toBe('given up')
    expect(seen.failed).toEqual(['10: no', '10: no'])
    expect(await stand.states(id)).toMatchObject({ done: 3, status: 'running' })
  })

  it('stop when everything fails', async () => {
    const id = await startJob(999n)
    const { seen, meter } = noting()
    const failing: DoRange = async () => ({ isDone: false, message: 'no' })
    const deps = { api: apiWith(fetch), doRange: failing, meter, now: Date.now, pause: quick }
    expect(await work(deps, options(id, { workers: 1 }), never)).toBe('given up')
    expect([seen.failed.length, seen.said.join()]).toEqual([20, expect.stringContaining('20 ranges in a row')])
  })

  it('give their ranges back when they are interrupted, which is no failure', async () => {
    const id = await startJob(99n)
    const interrupted = new AbortController()
    const endless: DoRange = async (_, signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return { isDone: false, message: 'SIGTERM' }
    }
    const { seen, meter } = noting()
    const working = work(
      { api: apiWith(fetch), doRange: endless, meter, now: Date.now, pause: quick },
      options(id),
      interrupted.signal,
    )
    await expect.poll(async () => (await stand.states(id)).leased).toBe(3)
    interrupted.abort()
    expect([await working, seen.failed]).toEqual(['interrupted', []])
    expect(await stand.states(id)).toMatchObject({ leased: 0, status: 'running' })
    const later = noting()
    expect(
      await work({ api: apiWith(fetch), doRange: done, ...later, now: Date.now, pause: quick }, options(id), never),
    ).toBe('completed')
  })

  it('end what they do when the lease is lost', async () => {
    const id = await startJob(9n)
    const endless: DoRange = async (_, signal) => {
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return { isDone: false, message: 'SIGTERM' }
    }
    const { seen, meter } = noting()
    const deps = { api: apiWith(fetch), doRange: endless, meter, now: Date.now, pause: quick }
    const working = work(deps, options(id, { workers: 1, leaseSeconds: 1 }), never)
    await expect.poll(async () => (await stand.states(id)).leased).toBe(1)
    await stand.database.query(`update backfill_job set status = 'failed', completed_at = now() where id = $1`, [id])
    expect([await working, seen.lost]).toEqual(['failed', 1])
  })

  it('wait while the job is paused', async () => {
    const id = await startJob(9n)
    await stand.database.query(`update backfill_job set status = 'paused' where id = $1`, [id])
    const { seen, meter } = noting()
    const deps = { api: apiWith(fetch), doRange: done, meter, now: Date.now, pause: quick }
    const working = work(deps, options(id), never)
    await sleep(300)
    expect(seen.done).toBe(0)
    await stand.database.query(`update backfill_job set status = 'running' where id = $1`, [id])
    expect([await working, seen.done]).toEqual(['completed', 1])
  })

  it('ask again while the function is busy or out of reach, and do nothing twice', async () => {
    const id = await startJob(49n)
    let calls = 0
    const unsteady: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init)
      // Every third answer is lost on its way.
      if (++calls % 3 === 0) throw new Error('socket hang up')
      return answer
    }
    const { seen, meter } = noting()
    const deps = { api: apiWith(unsteady), doRange: done, meter, now: Date.now, pause: quick }
    expect(await work(deps, options(id, { size: 5 }), never)).toBe('completed')
    expect(seen.done).toBe(10)
    expect(await stand.states(id)).toEqual({ done: 10, leased: 0, status: 'completed' })
  })

  it('are told why, when the function refuses', async () => {
    const { meter } = noting()
    const deps = { api: apiWith(fetch), doRange: done, meter, now: Date.now, pause: quick }
    await expect(work(deps, options(randomUUID()), never)).rejects.toThrow(/404 Backfill job .* not found/)
  })
})

it('die one after the other, each with a range: the living complete every block exactly once', async () => {
  const ranges = 150
  const id = await startJob(BigInt(ranges - 1))
  let deaths = 0
  /** Dies with its next range when it must: from then on it does nothing any more. */
  const live = () => {
    let [isDoomed, isDead] = [false, false]
    const silence = new Promise<never>(() => {})
    const mortal: typeof fetch = async (input, init) => (isDead ? await silence : await fetch(input, init))
    const doRange: DoRange = async () => {
      await quick(2)
      if (!isDoomed) return { isDone: true }
      isDead = true
      deaths++
      return await silence
    }
    const deps = { api: apiWith(mortal), doRange, meter: noting().meter, now: Date.now, pause: quick }
    const life = work(deps, options(id, { workers: 1, size: 1, leaseSeconds: 1 }), never)
    return { life, doom: () => void (isDoomed = true) }
  }
  const workers = Array.from({ length: 8 }, live)
  for (let at = 0; (await stand.states(id)).status === 'running'; at++) {
    await sleep(100)
    if (at >= 12) continue
    workers[at % 8]?.doom()
    workers[at % 8] = live()
  }
  expect(new Set(await Promise.all(workers.map(({ life }) => life)))).toEqual(new Set(['completed']))
  const rows = await stand.database.query<{ start_block: string; end_block: string; state: string }>(
    'select start_block, end_block, state from backfill_lease where job_id = $1 order by start_block',
    [id],
  )
  expect(rows.map((row) => `${row.start_block} ${row.end_block} ${row.state}`)).toEqual(
    Array.from({ length: ranges }, (_, i) => `${i} ${i} done`),
  )
  const [job] = await stand.database.query<{ leases: number }>(
    'select fencing_token::int as leases from backfill_job where id = $1',
    [id],
  )
  expect(deaths).toBeGreaterThan(3)
  expect(job?.leases).toBeGreaterThanOrEqual(ranges + deaths)
})
