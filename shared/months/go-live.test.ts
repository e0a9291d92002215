import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import { Client, type Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Months, openMonths } from '../../test/support/months/months.ts'
import type { Database } from '../schema/index.ts'
import { fillAhead, goLive, replay } from './go-live.ts'
import { monthTable, POINTS } from './month-table.ts'
import { attachTable, createTable } from './table-queries.ts'

let months: Months
beforeAll(async () => {
  months = await openMonths()
})
afterAll(async () => await months.close())

describe('going live', () => {
  it('moves what waits for the month, the last accepted point of a key, and nothing of other months', async () => {
    await months.defer('2011-01-01', [
      [1, '10T00:00:00Z', 1],
      [1, '10T00:00:00Z', 2],
      [2, '10T00:00:00Z', 3],
      [1, '01T00:00:00Z', 4],
      [1, '31T23:59:59.999999Z', 5],
    ])
    await months.defer('2011-02-01', [[1, '01T00:00:00Z', 6]])
    await months.defer('2010-12-01', [[1, '31T23:59:59.999999Z', 7]])

    expect(await goLive(months.deps(), '2011-01-01')).toEqual({ made: true, replayed: 5 })
    expect(await months.stored('2011-01-01')).toEqual([
      { series_id: 1, ts: '2011-01-01 00:00:00+00', value: 4 },
      { series_id: 1, ts: '2011-01-10 00:00:00+00', value: 2 },
      { series_id: 1, ts: '2011-01-31 23:59:59.999999+00', value: 5 },
      { series_id: 2, ts: '2011-01-10 00:00:00+00', value: 3 },
    ])
    expect(await months.stateOf('2011-01-01')).toBe('live')
    expect(await months.waiting()).toBe(2)
    await months.db.query('delete from deferred_point')
  })

  it('changes nothing when the month is live already', async () => {
    expect(await goLive(months.deps(), '2011-03-01')).toEqual({ made: true, replayed: 0 })
    expect(await goLive(months.deps(), '2011-03-01')).toEqual({ made: false, replayed: 0 })
  })

  it.each(['sealed', 'cold', 'dropped'])('leaves a %s month and its points alone', async (state) => {
    await months.db.query(`insert into metric_month (month, state) values ('2011-04-01', $1)`, [state])
    await months.deferMany('2011-04-01', 20)
    expect(await fillAhead(months.deps(), '2011-04-01')).toBe(0)
    expect(await goLive(months.deps(), '2011-04-01')).toEqual({ made: false, replayed: 0 })
    expect(await replay(months.deps(), '2011-04-01')).toBe(0)
    expect(await months.waiting()).toBe(20)
    expect(await months.one(`select to_regclass('metric_point_2011_04')`)).toBeNull()
    await months.db.query('delete from deferred_point')
    await months.db.query(`delete from metric_month where month = '2011-04-01'`)
  })

  it('makes a partition like its siblings: forced row security, every index, no grants, no leftovers', async () => {
    await goLive(months.deps(), '2011-05-01')
    const table = `'metric_point_2011_05'::regclass`
    expect(await months.one(`select relrowsecurity and relforcerowsecurity from pg_class where oid = ${table}`)).toBe(
      true,
    )
    expect(await months.one(`select relowner::regrole::text from pg_class where oid = ${table}`)).toBe(
      'penstock_months',
    )
    const privileges = `
      select count(*)::int from pg_class c, aclexplode(c.relacl) a where c.oid = ${table} and a.grantee <> c.relowner`
    expect(await months.one(privileges)).toBe(0)
    const columns = `select count(*)::int from pg_attribute where attrelid = ${table} and attacl is not null`
    expect(await months.one(columns)).toBe(0)
    expect(await months.one(`select count(*)::int from pg_policy where polrelid = ${table}`)).toBe(0)
    expect(await months.db.query(`select conname from pg_constraint where conrelid = ${table} order by 1`)).toEqual([
      { conname: 'metric_point_2011_05_pkey' },
      { conname: 'metric_point_value_check' },
    ])
    const attachedIndexes = `
      select count(*)::int from pg_index x join pg_inherits i on i.inhrelid = x.indexrelid
      where x.indrelid = ${table} and x.indisvalid`
    expect(await months.one(attachedIndexes)).toBe(2)
    const brin = `
      select reloptions from pg_class c join pg_index x on x.indexrelid = c.oid
      where x.indrelid = ${table} and not x.indisunique`
    expect(await months.one(brin)).toEqual(['pages_per_range=32', 'autosummarize=on'])
  })

  it('has bounds that do not depend on the zone of the session', async () => {
    const client = new Client({
      connectionString: months.db.urlOf('partitions'),
      options: '-c timezone=Asia/Kathmandu',
    })
    await client.connect()
    await withTransaction(client, async (tx) => {
      const table = monthTable(POINTS, '2011-06-01')
      await createTable(tx, POINTS, table)
      await attachTable(tx, POINTS, table)
    })
    await client.end()
    const bounds = `select pg_get_expr(relpartbound, oid) from pg_class where relname = 'metric_point_2011_06'`
    expect(await months.one(bounds)).toBe(`FOR VALUES FROM ('2011-06-01 00:00:00+00') TO ('2011-07-01 00:00:00+00')`)
  })

  it('scans no rows to attach', async () => {
    const client = new Client({ connectionString: months.db.urlOf('partitions') })
    await client.connect()
    const notices: string[] = []
    client.on('notice', (notice) => notices.push(notice.message ?? ''))
    await client.query('set client_min_messages = debug1')
    await withTransaction(client, async (tx) => {
      const table = monthTable(POINTS, '2011-07-01')
      await createTable(tx, POINTS, table)
      await attachTable(tx, POINTS, table)
    })
    await client.end()
    expect(notices).toContainEqual(expect.stringMatching(/partition constraint .* is implied by existing constraints/))
  })

  it('gives a live month that has lost its partition an empty one, and its points are replayed', async () => {
    await goLive(months.deps(), '2011-08-01')
    await months.db.query('drop table metric_point_2011_08')
    await months.defer('2011-08-01', [[1, '03T00:00:00Z', 1]])
    expect(await goLive(months.deps(), '2011-08-01')).toEqual({ made: true, replayed: 0 })
    expect(await replay(months.deps(), '2011-08-01')).toBe(1)
    expect((await months.stored('2011-08-01')).map((row) => row.value)).toEqual([1])
  })

  it('attaches a live month’s partition again that was detached by hand, with what it holds', async () => {
    await months.defer('2011-09-01', [[1, '03T00:00:00Z', 1]])
    await goLive(months.deps(), '2011-09-01')
    await months.db.query('alter table metric_point detach partition metric_point_2011_09')
    expect(await goLive(months.deps(), '2011-09-01')).toEqual({ made: true, replayed: 0 })
    expect((await months.stored('2011-09-01')).map((row) => row.value)).toEqual([1])
  })

  it('makes a month live that has a partition and no state', async () => {
    await goLive(months.deps(), '2011-10-01')
    await months.db.query(`delete from metric_month where month = '2011-10-01'`)
    await months.defer('2011-10-01', [[1, '03T00:00:00Z', 1]])
    expect(await goLive(months.deps(), '2011-10-01')).toEqual({ made: true, replayed: 1 })
    expect((await months.stored('2011-10-01')).map((row) => row.value)).toEqual([1])
    expect(await months.stateOf('2011-10-01')).toBe('live')
  })
})

/** A transaction whose connection the test can look at. */
async function withTransaction(client: Client, work: (tx: Transaction<Database>) => Promise<void>): Promise<void> {
  const pool = { connect: async () => Object.assign(client, { release: () => {} }), end: async () => {} }
  const kysely = new Kysely<Database>({ dialect: new PostgresDialect({ pool: pool as unknown as Pool }) })
  await kysely.transaction().execute(work)
}
