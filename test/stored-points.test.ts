import { DAY, HOUR, parseTimestamp } from '@penstock/shared/base/time.ts'
import { readNewest } from '@penstock/shared/points/read-newest.ts'
import { readSeries } from '@penstock/shared/points/read-series.ts'
import { rowsOfRange } from '@penstock/shared/points/stored-rows.ts'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compactEverything } from './support/points/compact-everything.ts'
import { type LogDatabase, type LogPoint, type LogSeries, openLog, storedAs } from './support/postgres/log-database.ts'

const START = parseTimestamp('2026-10-30T00:00:00Z') ?? 0

let log: LogDatabase
let series: LogSeries[]
beforeAll(async () => {
  log = await openLog(['2026-10-01', '2026-11-01'])
  series = await Promise.all([0, 0, 1, 1, 2, 3, 4].map(async (block) => await log.series(block)))
})
afterAll(async () => await log.close())

/** The same numbers in each run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

describe('readSeries and readNewest', () => {
  it('read what was written, from log and chunks, whatever was compacted in between', {
    timeout: 120_000,
  }, async () => {
    const random = randomFrom(7)
    const model = new Map<string, LogPoint>()
    const db = log.open('metrics-query')
    const compaction = log.open('compaction')
    for (let round = 0; round < 40; round++) {
      const step = [1, 250_000, 1_000_000, 60_000_000][random(4)] ?? 1
      const begin = START + random(96) * HOUR
      const points = Array.from({ length: 1 + random(300) }, (_, i): LogPoint => {
        const one = series[random(series.length)] as LogSeries
        return [one, begin + i * step, random(1_000_000) / 8]
      })
      await log.write(points)
      for (const point of points) model.set(storedAs(point[0], point[1], 0), point)
      if (random(3) === 0) await compactEverything(compaction)

      const from = START + random(4 * 24) * HOUR
      const range = { from, to: from + ([0, HOUR, DAY, 3 * DAY][random(4)] ?? 0) + random(1_000_000) }
      const wanted = series.slice(random(3), 4 + random(4))
      const found = await db.write(log.tenant, (tx) =>
        readSeries(tx, { ...range, tenantId: log.tenant, series: wanted }),
      )
      const texts = [...found].flatMap(([id, { at, value }]) =>
        [...at].map((time, i) => storedAs({ id, block: 0 }, time, value[i] ?? Number.NaN)),
      )
      const expected = [...model.values()].filter(
        ([one, at]) => wanted.includes(one) && at >= range.from && at <= range.to,
      )
      expect(texts.sort()).toEqual(expected.map(([one, at, value]) => storedAs(one, at, value)).sort())
      const place = { ts: begin + random(3) * HOUR, seriesId: random(2) === 0 ? 2 ** 31 : (wanted[0]?.id ?? 0) }
      const ask = {
        tenantId: log.tenant,
        series: random(3) === 0 ? null : wanted.slice(0, 1 + random(wanted.length)),
        from: START + random(40) * HOUR,
        after: place,
        count: 1 + random(800),
      }
      const page = await db.read(log.tenant, (tx) => readNewest(tx, ask), { oneSnapshot: true })
      const newest = [...model.values()]
        .filter(([one]) => ask.series === null || ask.series.includes(one))
        .filter(([one, at]) => at >= ask.from && (at < place.ts || (at === place.ts && one.id < place.seriesId)))
        .sort((a, b) => b[1] - a[1] || b[0].id - a[0].id)
        .slice(0, ask.count)
      expect(Array.from({ length: page.length }, (_, i) => [page.series[i], page.at[i], page.value[i]])).toEqual(
        newest.map(([one, at, value]) => [one.id, at, value]),
      )
      expect(found.size).toBe(new Set(expected.map(([one]) => one.id)).size)
    }
  })

  it('probe the key of a partition that was never analysed', async () => {
    const db = log.open('metrics-query')
    await compactEverything(log.open('compaction'))
    const range = { from: START + 3 * DAY, to: START + 3 * DAY + HOUR, tenantId: log.tenant, series }
    const plan = await db.write(log.tenant, async (tx) => {
      const statement = rowsOfRange(range).compile(tx).sql
      return (await sql.raw<object>(`explain ${statement}`).execute(tx)).rows
        .flatMap((row) => Object.values(row))
        .join('\n')
    })
    expect(plan).toMatch(/Index Scan using metric_chunk_2026_11_pkey/)
    expect(plan).toMatch(/Index Scan using metric_log_block/)
    expect(plan).not.toMatch(/Sort|int8|newest/)
  })

  it('show no points of another tenant, whoever asks for them', async () => {
    const [other] = await log.db.query<{ id: number }>(`insert into tenant (name) values ('other') returning id`)
    const db = log.open('metrics-query')
    await log.write([[series[0] as LogSeries, START, 1]])
    const range = { from: START, to: START + DAY, series, tenantId: log.tenant }
    expect((await db.write(log.tenant, (tx) => readSeries(tx, range))).size).toBeGreaterThan(0)
    expect((await db.write(other?.id ?? 0, (tx) => readSeries(tx, range))).size).toBe(0)
  })
})
