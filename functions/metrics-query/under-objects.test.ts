// Answers over months that objects hold, compared with the answers before: points, pages and sums, with late points over the object.

import { DAY, formatTimestamp, HOUR, MINUTE, monthStart, SECOND } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { validateQuery } from '@penstock/shared/http/validation.ts'
import { archiveMonth } from '@penstock/shared/lifecycle/archive-month.ts'
import type { RunDeps } from '@penstock/shared/lifecycle/run-deps.ts'
import { openPointIds } from '@penstock/shared/points/point-id.ts'
import { openArchive } from '@penstock/shared/reading/archive-reading.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type LogArchive, openLogArchive } from '../../test/support/months/log-archive.ts'
import { compactEverything, passTheGate } from '../../test/support/points/compact-everything.ts'
import { callerOf } from '../../test/support/points/query-client.ts'
import type { LogPoint, LogSeries } from '../../test/support/postgres/log-database.ts'
import { aggregate } from './aggregate/aggregate.ts'
import { AggregateQuery, RangeQuery } from './contract.ts'
import type { QueryDeps } from './deps.ts'
import { range } from './handler.ts'
import { defaultLimits } from './limits.ts'
import { openSeriesMemory } from './range/point-template.ts'
import { trends } from './trends/trends.ts'
import { TrendsQuery } from './trends-contract.ts'

const MAY = monthStart('2026-05-01')
const JUNE = monthStart('2026-06-01')

let log: LogArchive
let db: PenstockDatabase
let compaction: PenstockDatabase
let deps: QueryDeps
let series: readonly LogSeries[]

beforeAll(async () => {
  log = await openLogArchive(['2026-05-01', '2026-06-01'])
  compaction = log.open('compaction')
  db = log.open('metrics-query')
})
afterAll(async () => await log.close())
beforeEach(async () => {
  for (const table of [
    'metric_log',
    'metric_chunk',
    'metric_hour',
    'archive',
    'archiving',
    'archive_next',
    'metric_series_span',
    'metric_series',
  ])
    await log.db.query(`delete from ${table}`)
  for (const name of log.storage.names()) log.storage.remove(name)
  log.storage.onCall = () => undefined
  series = await Promise.all([0, 1, 1, 2].map(async (block) => await log.series(block)))
  deps = {
    db,
    now: () => (JUNE + 20 * DAY) / 1000,
    cursorKey: Buffer.alloc(32, 1),
    limits: defaultLimits,
    seriesMemory: openSeriesMemory(openPointIds(Buffer.alloc(16))),
    archive: openArchive(log.store, defaultLimits),
  }
})

/** Values whose sums depend on the order in which they are added. */
const valueOf = (place: number, i: number): number => (i % 7 === 0 ? 1e15 : -0.1) + place / 3 + i / 10
const written = (): LogPoint[] => [
  ...series.slice(0, 3).flatMap((one, place) =>
    Array.from({ length: 900 }, (_, i): LogPoint => {
      const at = i < 600 ? MAY + 28 * DAY + i * 11 * MINUTE : JUNE + (i - 600) * 11 * MINUTE
      return [one, at + place * SECOND, valueOf(place, i)]
    }),
  ),
  ...sparse(60, (i) => valueOf(3, i)),
]
/** Points of the last series, at most one an hour; the roll-up of such an hour is written only when its chunk leaves the database. */
const sparse = (count: number, value: (i: number) => number): LogPoint[] =>
  Array.from({ length: count }, (_, i) => [series[3] as LogSeries, MAY + 28 * DAY + i * 83 * MINUTE, value(i)])
const late = (): LogPoint[] => [
  ...sparse(5, (i) => i - 0.7),
  ...series.slice(0, 3).flatMap((one, place) =>
    [3, 4, 59, 300].flatMap((i): LogPoint[] => [
      [one, MAY + 28 * DAY + i * 11 * MINUTE + place * SECOND, 7 + i],
      [one, MAY + 28 * DAY + i * 11 * MINUTE + 30 * SECOND, 1e14 - i],
    ]),
  ),
]

const ask = async (query: Record<string, string>) =>
  await aggregate(
    deps,
    callerOf(log.tenant),
    validateQuery(AggregateQuery, Object.entries({ service_name: 'svc', metric_type: 'temp', ...query })),
  )
const span = {
  start_time: formatTimestamp(MAY + 28 * DAY + 7 * MINUTE),
  end_time: formatTimestamp(JUNE + 30 * HOUR + 13 * MINUTE),
}

/** Every kind of answer, as text, and from where it was read. */
async function answers(): Promise<{ readonly texts: readonly string[]; readonly sources: readonly string[] }> {
  const texts: string[] = []
  const sources: string[] = []
  for (const more of [
    { interval: 'hour' },
    { interval: 'day' },
    { interval: 'week', group_by: 'number' },
    { interval: 'month' },
    { interval: '15m' },
    { interval: 'day', percentiles: '50,95' },
  ]) {
    const { bytes, source } = await ask({ ...span, ...more })
    texts.push(bytes.toString())
    sources.push(source)
  }
  for (const more of [
    { start_time: formatTimestamp(JUNE), end_time: formatTimestamp(JUNE + DAY), interval: 'hour' },
    { ...span, interval: 'day', compare: 'year' },
  ]) {
    const query = validateQuery(TrendsQuery, Object.entries({ service_name: 'svc', metric_type: 'temp', ...more }))
    const { bytes, source } = await trends(deps, callerOf(log.tenant), query)
    texts.push(bytes.toString())
    sources.push(source)
  }
  for (const limit of ['130', '1000']) {
    let cursor: string | undefined
    do {
      const given = { ...span, limit, ...(cursor === undefined ? {} : { cursor }) }
      const page = await range(deps, callerOf(log.tenant), validateQuery(RangeQuery, Object.entries(given)))
      texts.push(page.bytes.toString())
      sources.push(page.source)
      cursor = page.cursor
    } while (cursor !== undefined && texts.length < 600)
  }
  return { texts, sources }
}

async function archive(overrides: Partial<RunDeps> = {}): Promise<void> {
  await passTheGate(log.deps.db)
  await archiveMonth({ ...log.deps, ...overrides }, { tenantId: log.tenant, month: '2026-05-01' })
}

describe('answers over a month that an object holds', { timeout: 120_000 }, () => {
  it('have the same bits as before', async () => {
    await log.write(written())
    await compactEverything(compaction)
    const before = await answers()
    await archive()
    expect(await log.stored()).toHaveLength(1_528)
    const after = await answers()
    expect(after.texts).toEqual(before.texts)
    expect(after.sources[0]).toBe('rollups, points, archive')
    expect(after.sources.at(-1)).toMatch(/archive/)
    // A page that begins in the hot month is not read from the archive.
    expect(after.sources[8]).toBe('points')
  })

  it('have late points over the object, and the same bits when they are in it', async () => {
    await log.write(written())
    await log.write(late())
    await compactEverything(compaction)
    const expected = await answers()
    // The same points, but the late ones come when the object is there.
    await log.db.query('delete from metric_chunk')
    await log.db.query('delete from metric_hour')
    await log.write(written())
    await compactEverything(compaction)
    await archive()
    await log.write(late())
    expect((await answers()).texts).toEqual(expected.texts)
    await archive()
    expect((await answers()).texts).toEqual(expected.texts)
  })

  it('are read from the object where its roll-ups are gone', async () => {
    await log.write(written())
    await compactEverything(compaction)
    await archive()
    await log.write(late())
    const before = await answers()
    await log.db.query('update archive set rolled_up = false')
    await log.db.query('delete from metric_hour where bucket < $1', [formatTimestamp(JUNE)])
    expect((await answers()).texts).toEqual(before.texts)
  })

  it('are right while a new object is in place that the record does not know yet', async () => {
    await log.write(written())
    await compactEverything(compaction)
    await archive()
    await answers()
    await log.write(late())
    const before = await answers()
    class Killed extends Error {}
    const dying = {
      ...log.store,
      copy: async (...given: Parameters<typeof log.store.copy>) => {
        await log.store.copy(...given)
        throw new Killed()
      },
    }
    await expect(archive({ store: dying })).rejects.toThrow(Killed)
    expect((await answers()).texts).toEqual(before.texts)
    await archive()
    expect((await answers()).texts).toEqual(before.texts)
  })

  it('begin again when the object is replaced while they are read', async () => {
    await log.write(written())
    await compactEverything(compaction)
    await archive()
    await log.write(late())
    const before = (await ask({ ...span, interval: '15m' })).bytes.toString()
    deps = { ...deps, archive: openArchive(log.store, defaultLimits) }
    let isReplaced = false
    const replacing = {
      stat: log.store.stat,
      readRange: async (...given: Parameters<typeof log.store.readRange>) => {
        if (!isReplaced) {
          isReplaced = true
          await archive()
        }
        return await log.store.readRange(...given)
      },
    }
    deps = { ...deps, archive: openArchive(replacing, defaultLimits) }
    expect((await ask({ ...span, interval: '15m' })).bytes.toString()).toBe(before)
    expect(isReplaced).toBe(true)
  })

  it('leave out points of a series whose name an erasure has deleted, and have the others once', async () => {
    const [one, erased] = series as [LogSeries, LogSeries]
    const at = (i: number): number => JUNE + i * MINUTE
    // Pages of five: some end with points without a name, and one has no others.
    await log.write([
      ...Array.from({ length: 9 }, (_, i): LogPoint => [one, at(i), i]),
      ...Array.from({ length: 14 }, (_, i): LogPoint => [erased, at(3 + i), i]),
    ])
    await log.db.query('delete from metric_series where id = $1', [erased.id])
    const seen: number[] = []
    let cursor: string | undefined
    do {
      const given = { ...span, end_time: formatTimestamp(JUNE + DAY), limit: '5', ...(cursor && { cursor }) }
      const page = await range(deps, callerOf(log.tenant), validateQuery(RangeQuery, Object.entries(given)))
      seen.push(...(JSON.parse(page.bytes.toString()) as { metric_value: number }[]).map((p) => p.metric_value))
      cursor = page.cursor
    } while (cursor !== undefined)
    expect(seen).toEqual([8, 7, 6, 5, 4, 3, 2, 1, 0])
  })
})
