import { promisify } from 'node:util'
import { logger } from '@penstock/shared/base/logger.ts'
import { DAY, HOUR, MINUTE, parseTimestamp } from '@penstock/shared/base/time.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { passTheGate } from '../../test/support/points/compact-everything.ts'
import { createTenant } from '../../test/support/postgres/database.ts'
import { type LogDatabase, type LogPoint, type LogSeries, openLog } from '../../test/support/postgres/log-database.ts'
import { type CompactionDeps, run } from './handler.ts'

const NOON = parseTimestamp('2026-11-20T12:00:00Z') ?? 0
const byHand = { scheduleTime: undefined, waitMs: 5_000, all: false }
const limits = {
  minPoints: 100,
  manyPoints: 1_000,
  mergeMs: 24 * 3_600_000,
  runMs: 30_000,
  leaseMs: 60_000,
  pollMs: 10,
}

let log: LogDatabase
beforeEach(async () => {
  log = await openLog(['2026-11-01'])
})
afterEach(async () => {
  vi.restoreAllMocks()
  await log.close()
})

async function runAt(
  now: number,
  { all = false, ...other }: Partial<CompactionDeps['limits']> & { all?: boolean } = {},
) {
  const db = log.open('compaction')
  await passTheGate(db)
  const deps = { db, now: () => now / 1000, pause: promisify(setTimeout), limits: { ...limits, ...other } }
  return await run(deps, { ...byHand, all })
}

const waiting = async () => Number((await log.db.query('select sum(n) from metric_log'))[0]?.['sum'] ?? 0)

const points = (series: LogSeries, begin: number, count: number): LogPoint[] =>
  Array.from({ length: count }, (_, i) => [series, begin + i * 1_000_000, i])

const nothing = { taken: 0, written: 0, replaced: 0, dropped: 0 }

describe('a run', () => {
  it('takes a block with more than enough points of hours that are over, and leaves one with just enough', async () => {
    const [enough, tooFew] = [await log.series(0), await log.series(1)]
    await log.write(points(enough, NOON - HOUR, 101))
    await log.write(points(tooFew, NOON - HOUR, 100))
    const answer = await runAt(NOON + MINUTE)
    expect(answer).toEqual({
      status: 'success',
      points: { taken: 101, written: 101, replaced: 0, dropped: 0 },
      days: 1,
      errors: [],
      more: false,
    })
    expect(await waiting()).toBe(100)
    expect(await runAt(NOON + MINUTE)).toMatchObject({ points: nothing, days: 0 })
  })

  it('leaves the hour that is not over alone until it holds many points', async () => {
    const series = await log.series()
    await log.write(points(series, NOON, 1_000))
    expect(await runAt(NOON + 59 * MINUTE)).toMatchObject({ points: nothing })
    await log.write(points(series, NOON + 1_000_000_000, 1))
    expect(await runAt(NOON + 59 * MINUTE)).toMatchObject({ points: { taken: 1_001 } })
  })

  it('takes what is left of a day an hour after its end, and later points of it once in a while', async () => {
    const series = await log.series()
    const midnight = Math.floor(NOON / DAY + 1) * DAY
    await log.write(points(series, NOON, 5))
    expect(await runAt(midnight + HOUR - 1_000)).toMatchObject({ points: nothing })
    expect(await runAt(midnight + HOUR)).toMatchObject({ points: { taken: 5 } })
    await log.write(points(series, NOON, 1))
    expect(await runAt(midnight + 24 * HOUR)).toMatchObject({ points: nothing })
    expect(await runAt(midnight + 25 * HOUR)).toMatchObject({ points: { taken: 1, replaced: 1 } })
  })

  it('takes everything when it is asked to, and where no point is too few', async () => {
    const series = await log.series()
    await log.write(points(series, NOON, 1))
    expect(await runAt(NOON, { all: true })).toMatchObject({ points: { taken: 1 } })
    await log.write(points(series, NOON, 2))
    expect(await runAt(NOON, { minPoints: 0 })).toMatchObject({ points: { taken: 2, written: 1, replaced: 1 } })
  })

  it('does not stop for a tenant that fails, and says which it was', async () => {
    vi.spyOn(logger, 'error').mockImplementation(() => {})
    const other = await createTenant(log.db, 'in-trouble')
    const [mine, theirs] = [await log.series(), await log.series(0, other)]
    await log.write(points(theirs, NOON, 5), other)
    await log.write(points(mine, NOON, 5))
    await log.db.query(`
      create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
      create trigger refuse before insert on metric_hour_2026 for each row when (new.tenant_id = ${other}) execute function refuse()`)
    const answer = await runAt(NOON, { all: true })
    expect(answer).toMatchObject({ status: 'partial', points: { taken: 5 }, days: 1, more: false })
    expect(answer.errors).toEqual([{ tenant: 'in-trouble', detail: expect.stringContaining('stay in the log') }])
    expect(await waiting()).toBe(5)
  })

  it('begins nothing new when its time is over, and says that more is left', async () => {
    const series = await log.series()
    await log.write(points(series, NOON, 5))
    await log.write(points(series, NOON - DAY, 5))
    let now = NOON / 1000
    const db = log.open('compaction')
    await passTheGate(db)
    const ticking = { db, now: () => (now += 10), pause: promisify(setTimeout), limits: { ...limits, runMs: 45 } }
    expect(await run(ticking, { ...byHand, all: true })).toMatchObject({ days: 1, more: true })
    expect(await waiting()).toBe(5)
    expect(await run({ ...ticking, limits }, { ...byHand, all: true })).toMatchObject({ days: 1, more: false })
  })
})
