import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { openDatabase, type PenstockDatabase } from './database.ts'
import { type BinaryParameter, int4, int8, type PipelineStatement } from './pipeline.ts'

let db: TestDatabase
let tenant: number
const opened: PenstockDatabase[] = []
beforeAll(async () => {
  db = await createTestDatabase()
  tenant = await createTenant(db)
})
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close()
  await db.query('truncate stamp_minute')
})
afterAll(async () => await db.drop())

const open = (): PenstockDatabase => {
  const config = { url: db.urlOf('metrics-ingest'), ca: undefined, inCloud: false }
  const database = openDatabase('metrics-ingest', config, { poolSize: 1 })
  opened.push(database)
  return database
}
const statement = (text: string, ...parameters: PipelineStatement['parameters']): PipelineStatement => ({
  name: text.slice(0, 60),
  text,
  parameters,
})
const insert = (minute: number) =>
  statement(
    `insert into stamp_minute select timestamptz 'epoch' + $1::int * interval '1 minute', 1 returning slots`,
    int4(minute),
  )
const failing = statement('select 1 / $1::int', int4(0))
const pidOf = statement('select pg_backend_pid()')
const backendOf = async (database: PenstockDatabase) => (await database.pipelineInTenant(tenant, [pidOf]))[0]?.[0]?.[0]
const minutes = async () => (await db.query('select from stamp_minute')).length

describe('a pipeline', () => {
  it('answers the rows of each statement, and takes every kind of parameter', async () => {
    const text: BinaryParameter = {
      bytes: 3,
      write: (target, at) => [97, 98, 99].forEach((byte, i) => target.setUint8(at + i, byte)),
    }
    const answers = await open().pipelineInTenant(tenant, [
      statement('select $1::int, $2::bigint, $3::int', int4(-7), int8(2 ** 40 + 3), null),
      statement('select $1::int + 1, $2::text, $3::int', '41', "ä'\\", int4(5)),
      { ...statement('select $1::text'), name: undefined, parameters: ['a'] },
      { ...statement('select $1::text || $1::text'), name: undefined, parameters: ['b'] },
      statement('select unnest(array[$1::text, null])', text),
      statement('select where false'),
    ])
    expect(answers).toEqual([
      [['-7', String(2 ** 40 + 3), null]],
      [['42', "ä'\\", '5']],
      [['a']],
      [['bb']],
      [['abc'], [null]],
      [],
    ])
  })

  it('acts as its tenant, to its end', async () => {
    const database = open()
    const who = statement(`select current_setting('app.tenant_id', true)`)
    expect(await database.pipelineInTenant(tenant, [who])).toEqual([[[String(tenant)]]])
    const after = await database.writeAll((tx) => sql`select count(*)::int as n from tenant`.execute(tx))
    expect(after.rows).toEqual([{ n: 0 }])
  })

  it('has an effect as a whole or not at all', async () => {
    const database = open()
    await expect(database.pipelineInTenant(tenant, [insert(1), failing, insert(2)])).rejects.toThrow('division by zero')
    expect(await minutes()).toBe(0)
    await database.pipelineInTenant(tenant, [insert(1), insert(2)])
    expect(await minutes()).toBe(2)
  })

  it('leaves its connection to the next one', async () => {
    const database = open()
    const first = await backendOf(database)
    await database.writeAll((tx) => sql`select 1`.execute(tx))
    expect(await backendOf(database)).toBe(first)
  })

  it('that fails closes its connection, and the next one prepares its statements anew', async () => {
    const database = open()
    const first = await backendOf(database)
    await expect(database.pipelineInTenant(tenant, [pidOf, failing])).rejects.toThrow()
    const second = await backendOf(database)
    expect(second).not.toBe(first)
    expect(await db.query('select from pg_stat_activity where pid = $1', [first])).toEqual([])
  })

  it('is run again when its backend ends', async () => {
    const database = open()
    const pid = await backendOf(database)
    const slow = statement(
      'select pg_sleep(case when pg_backend_pid() = $1::int then 30 else 0 end)',
      int4(Number(pid)),
    )
    const running = database.pipelineInTenant(tenant, [insert(3), slow])
    await expect
      .poll(async () => await db.query(`select from pg_stat_activity where wait_event = 'PgSleep'`))
      .toHaveLength(1)
    await db.query('select pg_terminate_backend($1)', [pid])
    expect((await running)[0]).toEqual([['1']])
    expect(await minutes()).toBe(1)
  })

  it('that the server does not answer in time ends with its connection', async () => {
    const database = open()
    const before = await backendOf(database)
    const slow = statement('select pg_sleep(30)')
    const begun = Date.now()
    const refused = database.pipelineInTenant(tenant, [slow], { deadline: Date.now() + 300 })
    await expect(refused).rejects.toMatchObject({ kind: { status: 503 } })
    expect(Date.now() - begun).toBeLessThan(5_000)
    expect(await backendOf(database)).not.toBe(before)
  })
})

describe('statements that are prepared', () => {
  it('are 200 at most on a connection, and further ones run all the same', async () => {
    const database = open()
    const all = Array.from({ length: 210 }, (_, i) => statement(`select ${i}`))
    for (let round = 0; round < 2; round++)
      expect(await database.pipelineInTenant(tenant, all)).toEqual(all.map((_, i) => [[String(i)]]))
    const [rows] = await database.pipelineInTenant(tenant, [
      { name: undefined, text: 'select count(*) from pg_prepared_statements', parameters: [] },
    ])
    expect(rows).toEqual([['200']])
  })
})

describe('a read in one round trip', () => {
  const copy = `copy (select 1::int as a, 'x'::text union all select 2, 'y') to stdout (format binary)`

  it('answers the bytes of a COPY, and the rows of each statement, as its tenant', async () => {
    const database = open()
    const who = statement(`select current_setting('app.tenant_id')`)
    const { copied, rows } = await database.readInOneTrip(tenant, copy, [who, statement('select $1::int', '7')])
    expect(rows).toEqual([[[String(tenant)]], [['7']]])
    expect(copied.subarray(0, 11).toString('latin1')).toBe('PGCOPY\n\xff\r\n\0')
    expect(copied.subarray(19).toString('hex')).toBe(
      '0002000000040000000100000001780002000000040000000200000001' + '79ffff',
    )
    expect(await backendOf(database)).toBe(await backendOf(database))
  })

  it('sees one snapshot', async () => {
    const slow = `copy (select pg_sleep(0.6)) to stdout (format binary)`
    const count = statement('select count(*) from stamp_minute')
    // The sleep of another test can outlast its connection.
    const isSleeping = `select from pg_stat_activity where wait_event = 'PgSleep' and query = $1`
    const write = async (): Promise<void> => {
      await expect.poll(async () => await db.query(isSleeping, [slow]), { timeout: 10_000 }).toHaveLength(1)
      await db.query(`insert into stamp_minute values ('2026-11-01T00:00:00Z', 1)`)
    }
    const [{ rows }] = await Promise.all([open().readInOneTrip(tenant, slow, [count]), write()])
    expect(rows).toEqual([[['0']]])
    expect(await minutes()).toBe(1)
  })

  it('cannot write', async () => {
    const refused = open().readInOneTrip(tenant, copy, [insert(1)])
    await expect(refused).rejects.toMatchObject({
      cause: { message: expect.stringContaining('read-only transaction') },
    })
    expect(await minutes()).toBe(0)
  })

  it('that fails in the middle closes its connection', async () => {
    const database = open()
    const first = await backendOf(database)
    await expect(database.readInOneTrip(tenant, copy, [failing])).rejects.toThrow('division by zero')
    expect(await backendOf(database)).not.toBe(first)
    expect((await database.readInOneTrip(tenant, copy, [])).copied.length).toBeGreaterThan(19)
  })
})
