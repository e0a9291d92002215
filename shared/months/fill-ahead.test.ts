import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Months, openMonths } from '../../test/support/months/months.ts'
import { fillAhead, goLive, replay } from './go-live.ts'
import { readByIndex } from './month-queries.ts'

let months: Months
beforeAll(async () => {
  months = await openMonths()
})
afterAll(async () => await months.close())

describe('filling ahead', () => {
  it.each([
    [9, 0],
    [10, 0],
    [11, 11],
    [100, 100],
    [101, 100],
  ])('of %i waiting points, where 10 may be left and a batch is 100, moves %i', async (count, moved) => {
    const month = `2012-01-01`
    await months.deferMany(month, count)
    expect(await fillAhead(months.deps(), month)).toBe(moved)
    expect(await months.waiting()).toBe(count - moved)
    await months.db.query('delete from deferred_point')
    await months.db.query('drop table if exists metric_point_2012_01')
  })

  it('leaves nothing that a reader could see, or that makes a function refuse the database', async () => {
    await months.deferMany('2012-02-01', 50)
    await fillAhead(months.deps(), '2012-02-01')
    expect(await months.one('select count(*)::int from metric_point_2012_02')).toBe(50)
    expect(await months.stored('2012-02-01')).toEqual([])
    const another = months.db.openAs('metrics-query')
    const month = another.writeAll((tx) => tx.selectFrom('metric_month').selectAll().execute())
    await expect(month).resolves.toBeInstanceOf(Array)
    const direct = another.writeAll((tx) =>
      tx
        .selectFrom('metric_point_2012_02' as 'metric_point')
        .selectAll()
        .execute(),
    )
    await expect(direct).rejects.toThrow('permission denied')
    await another.close()
    const grants = `
      select count(*)::int from pg_class c, aclexplode(c.relacl) a
      where c.relname = 'metric_point_2012_02' and a.grantee <> c.relowner`
    expect(await months.one(grants)).toBe(0)
    expect(await goLive(months.deps(), '2012-02-01')).toEqual({ made: true, replayed: 0 })
    expect((await months.stored('2012-02-01')).length).toBe(50)
  })

  it('lays the points on disk in the order of their times', async () => {
    await months.deferMany('2012-03-01', 450)
    for (let moved = 100; moved === 100; ) moved = await fillAhead(months.deps(), '2012-03-01')
    await goLive(months.deps(), '2012-03-01')
    expect(await months.one('select array_agg(value order by ctid)::int[] from metric_point_2012_03')).toEqual(
      Array.from({ length: 450 }, (_, i) => i),
    )
  })

  it('finds a batch by the index on time, however big the backlog is that the planner knows nothing of', async () => {
    await months.deferMany('2012-04-01', 40_000)
    const plan = await months.database.writeAll(async (tx) => {
      await readByIndex(tx)
      const { rows } = await sql<{ 'QUERY PLAN': string }>`
        explain select id from deferred_point
        where ts >= '2012-04-01 00:00:00+00'::timestamptz and ts < '2012-05-01 00:00:00+00'::timestamptz
        order by ts, id limit 100`.execute(tx)
      return rows.map((row) => row['QUERY PLAN']).join('\n')
    })
    expect(plan).toContain('Index Scan using deferred_point_ts')
    await months.db.query('delete from deferred_point')
  })

  it('keeps the last accepted point of a key, wherever a batch ends', async () => {
    for (let batchPoints = 1; batchPoints <= 7; batchPoints++) {
      const month = `2013-0${batchPoints}-01`
      await months.defer(month, [
        [1, '05T00:00:00Z', 1],
        [2, '05T00:00:00Z', 1],
        [1, '05T00:00:00Z', 2],
        [1, '04T00:00:00Z', 9],
        [1, '05T00:00:00Z', 3],
        [2, '05T00:00:00Z', 2],
      ])
      const deps = months.deps({ batchPoints, lastPoints: 0 })
      for (let moved = batchPoints; moved === batchPoints; ) moved = await fillAhead(deps, month)
      await months.defer(month, [[1, '05T00:00:00Z', 4]])
      await goLive(deps, month)
      expect((await months.stored(month)).map((row) => [row.series_id, row.value])).toEqual([
        [1, 9],
        [1, 4],
        [2, 2],
      ])
    }
    expect(await months.waiting()).toBe(0)
  })
})

describe('replaying into a live month', () => {
  it('keeps what is stored, and takes the last accepted of what is not, wherever a batch ends', async () => {
    for (let batchPoints = 1; batchPoints <= 4; batchPoints++) {
      const month = `2015-0${batchPoints}-01`
      await goLive(months.deps(), month)
      await months.db.query('insert into metric_point values ($1, 1, $2, 7)', [
        months.tenant,
        `${month.slice(0, 8)}05 00:00:00+00`,
      ])
      await months.defer(month, [
        [1, '05T00:00:00Z', 1],
        [2, '05T00:00:00Z', 1],
        [2, '05T00:00:00Z', 2],
        [2, '05T00:00:00Z', 3],
      ])
      const deps = months.deps({ batchPoints })
      for (let moved = batchPoints; moved === batchPoints; ) moved = await replay(deps, month)
      expect((await months.stored(month)).map((row) => [row.series_id, row.value])).toEqual([
        [1, 7],
        [2, 3],
      ])
    }
    expect(await months.waiting()).toBe(0)
  })
})
