import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase, liftConnectionLimits, type TestDatabase } from '../test/database.ts'
import { createIndex, dropIndex } from './concurrent-indexes.ts'
import { listIndexes } from './index-catalogue.ts'
import { readIndexStatements } from './index-statement.ts'
import { migrate } from './migrate.ts'
import { applyMigrations, type Migration, readMigrations } from './migrations.ts'

let db: TestDatabase
let client: Client
let lines: string[]
const log = (line: string) => void lines.push(line)
const open: Client[] = []

beforeEach(async () => {
  db = await createTestDatabase()
  client = await connect()
  lines = []
  for (const month of [1, 2, 3]) await addPartition(month)
})
afterEach(async () => {
  for (const one of open.splice(0)) await one.end()
  await liftConnectionLimits(db.url)
  await db.drop()
})

const connect = async (): Promise<Client> => {
  const one = new Client({ connectionString: db.url })
  one.on('error', () => {})
  await one.connect()
  open.push(one)
  return one
}
const addPartition = async (month: number): Promise<void> => {
  const name = `metric_point_2026_0${month}`
  await db.query(`set role penstock_owner; create table ${name} (like metric_point including all);
    alter table metric_point attach partition ${name} for values from ('2026-0${month}-01Z') to ('2026-0${month + 1}-01Z'); reset role`)
}
const create = async (statement: string, by = client): Promise<void> => {
  const [only] = readIndexStatements(statement)
  if (only?.kind !== 'create') throw new Error('no index')
  await createIndex(by, only.index, log)
}
/** Of all indexes with this beginning: their names, those that are not valid with a ?. */
const indexes = async (prefix: string): Promise<string[]> => {
  const rows = await db.query<{ name: string }>(
    `select c.relname || case when i.indisvalid then '' else '?' end as name
     from pg_index i join pg_class c on c.oid = i.indexrelid where c.relname like $1 order by 1`,
    [`${prefix}%`],
  )
  return rows.map((row) => row.name)
}
/** A transaction that a build waits for before it is done, and gives way when told to. */
const holdSnapshot = async (): Promise<() => Promise<void>> => {
  const holder = await connect()
  await holder.query('begin isolation level repeatable read')
  await holder.query('select 1')
  return async () => void (await holder.query('rollback'))
}
const builder = `select pid from pg_stat_activity where datname = current_database() and query ilike 'create index concurrently%'
  and wait_event = 'virtualxid'`
const untilItWaits = async (): Promise<number> => {
  await expect.poll(async () => await db.query(builder), { timeout: 15_000 }).toHaveLength(1)
  return (await db.query<{ pid: number }>(builder))[0]?.pid ?? 0
}
const terminated = async (building: Promise<unknown>): Promise<void> => {
  const failure = building.then(
    () => 'it was built',
    (error: unknown) => String(error),
  )
  await db.query('select pg_terminate_backend($1)', [await untilItWaits()])
  expect(await failure).toMatch(/terminat/)
}

describe('a concurrent index', () => {
  it('is built and valid; once more changes nothing', async () => {
    await create('create index by_value on deferred_point (value) where value > 0')
    expect(await indexes('by_value')).toEqual(['by_value'])
    await create('CREATE INDEX CONCURRENTLY by_value ON deferred_point USING btree (value)  where (value > 0);')
    expect(lines).toEqual(['built: by_value'])
  })

  it('is built on every partition; months that come later have it too', async () => {
    await create('create index by_value on metric_point (value)')
    await addPartition(4)
    const built = [
      'by_value',
      'by_value_2026_01',
      'by_value_2026_02',
      'by_value_2026_03',
      'metric_point_2026_04_value_idx',
    ]
    expect([...(await indexes('by_value')), ...(await indexes('metric_point_2026_04_v'))]).toEqual(built)
  })

  it('belongs to the owner of the tables', async () => {
    await create('create index by_value on metric_point (value)')
    const rows = await db.query(
      `select distinct relowner::regrole::text as owner from pg_class where relname like 'by\\_value%'`,
    )
    expect(rows).toEqual([{ owner: 'penstock_owner' }])
  })

  it('that was interrupted is dropped and built again', async () => {
    const release = await holdSnapshot()
    await terminated(create('create index by_value on deferred_point (value)', await connect()))
    expect(await indexes('by_value')).toEqual(['by_value?'])
    await release()
    await create('create index by_value on deferred_point (value)')
    expect(await indexes('by_value')).toEqual(['by_value'])
    expect(lines).toEqual(['dropped: by_value, which an interrupted build left invalid', 'built: by_value'])
  })

  it('of a partitioned table that was interrupted goes on with the partition that it was at', async () => {
    await create('create index by_value on metric_point (value)')
    await db.query('drop index by_value')
    const release = await holdSnapshot()
    await terminated(create('create index by_value on metric_point (value)', await connect()))
    expect(await indexes('by_value')).toEqual(['by_value?', 'by_value_2026_01?'])
    await release()
    lines = []
    await create('create index by_value on metric_point (value)')
    expect(await indexes('by_value')).toEqual(['by_value', 'by_value_2026_01', 'by_value_2026_02', 'by_value_2026_03'])
    expect(lines[0]).toMatch(/^dropped: by_value_2026_01,/)
  })

  it('that the rows do not allow says so, and is mended when they do', async () => {
    await db.query(
      `insert into deferred_point (tenant_id, series_id, ts, value) values (1, 1, now(), 1), (1, 2, now(), 1)`,
    )
    const unique = 'create unique index one_value on deferred_point (value)'
    await expect(create(unique)).rejects.toThrow(/could not create unique index/)
    expect(await indexes('one_value')).toEqual(['one_value?'])
    await db.query('delete from deferred_point where series_id = 2')
    await create(unique)
    expect(await indexes('one_value')).toEqual(['one_value'])
  })

  it('is not made where there is another of its name, nor on a table that is not there', async () => {
    await expect(create('create index metric_series_name on metric_series (unit)')).rejects.toThrow(
      /metric_series_name already, and another one: USING btree \(tenant_id, service_name/,
    )
    await expect(create('create index metric_series_name on tenant (name)')).rejects.toThrow(
      /already, on metric_series/,
    )
    await expect(create('create index x on nothing (name)')).rejects.toThrow(/nothing/)
  })
})

describe('an index', () => {
  it('is dropped, of a partitioned table with its partitions, and with what an interrupted build left', async () => {
    await create('create index by_value on metric_point (value)')
    await create('create index by_value on deferred_point (value)'.replaceAll('by_value', 'other_value'))
    expect(await dropIndex(client, 'by_value', log)).toBe(true)
    expect(await dropIndex(client, 'other_value', log)).toBe(true)
    expect(await dropIndex(client, 'other_value', log)).toBe(false)
    const release = await holdSnapshot()
    await terminated(create('create index by_value on metric_point (value)', await connect()))
    await release()
    expect(await dropIndex(client, 'by_value', log)).toBe(true)
    expect([await indexes('by_value'), await indexes('other_value')]).toEqual([[], []])
  })

  it('of a constraint, or of one partition alone, is not dropped', async () => {
    await create('create index by_value on metric_point (value)')
    await expect(dropIndex(client, 'metric_point_pkey', log)).rejects.toThrow(
      /belongs to the constraint metric_point_pkey/,
    )
    await expect(dropIndex(client, 'by_value_2026_02', log)).rejects.toThrow(/is part of by_value/)
  })

  it('is listed with its scans and state, those of partitions together', async () => {
    await create('create index by_value on metric_point (value)')
    await db.query(
      `set enable_seqscan = off; select * from metric_point where value = 1; select pg_stat_force_next_flush(); reset enable_seqscan`,
    )
    const found = async () => (await listIndexes(client)).indexes.find((index) => index.name === 'by_value')
    await expect
      .poll(found)
      .toMatchObject({ table: 'metric_point', scans: '3', size: '24 kB', state: 'valid', constraint: null })
    await db.query(`update pg_index set indisvalid = false where indexrelid = 'by_value'::regclass`)
    expect(await found()).toMatchObject({ state: 'invalid' })
  })
})

describe('a concurrent migration', () => {
  const known = readMigrations()
  const concurrent = (sql: string): Migration => ({ name: '9999-indexes', sql: `-- concurrent\n${sql}`, sha256: 'x' })
  const index = concurrent('create index by_value on metric_point (value);')

  it('is applied by one of twenty that run at once, and all succeed', async () => {
    await Promise.all(
      Array.from({ length: 20 }, () => migrate({ url: db.url, tier: 'large', migrations: [...known, index], log })),
    )
    expect(lines.filter((line) => line.startsWith('migrated'))).toEqual(['migrated: 9999-indexes'])
    expect(await indexes('by_value')).toHaveLength(4)
  })

  it('holds nothing but statements of indexes', async () => {
    const applying = applyMigrations(client, [...known, concurrent('delete from metric_point;')], log)
    await expect(applying).rejects.toThrow(/migration 9999-indexes: only "create \[unique\] index/)
  })

  it('removes an index; that it is gone already is no failure', async () => {
    const dropping = [...known, concurrent('drop index deferred_point_ts;\ndrop index long_gone;')]
    await applyMigrations(client, dropping, log)
    expect(await indexes('deferred_point_ts')).toEqual([])
  })

  describe('whose process is killed in the middle of a build', () => {
    let folder: string
    let child: ChildProcess
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'penstock-migrations-'))
      cpSync(new URL('../migrations/', import.meta.url), folder, { recursive: true })
      writeFileSync(join(folder, '9999-indexes.sql'), index.sql)
    })
    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    it('is mended by the next, who need not wait for what was being done', async () => {
      const release = await holdSnapshot()
      const fixture = join(import.meta.dirname, '..', 'test', 'migrate-fixture.ts')
      child = spawn(process.execPath, [fixture, db.url, folder], { stdio: 'ignore' })
      const orphan = await untilItWaits()
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      const next = migrate({ url: db.url, tier: 'large', migrations: [...known, index], log })
      await expect
        .poll(async () => await db.query('select from pg_stat_activity where pid = $1', [orphan]), { timeout: 10_000 })
        .toEqual([])
      await release()
      await next
      expect(await indexes('by_value')).toHaveLength(4)
      expect(lines).toContain('dropped: by_value_2026_01, which an interrupted build left invalid')
      expect(lines).toContain('migrated: 9999-indexes')
    })
  })
})

describe('npm run migrate -- index', () => {
  const command = async (...args: string[]) =>
    await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      execFile(
        process.execPath,
        [join(import.meta.dirname, 'migrate.ts'), 'index', ...args],
        { env: { ...process.env, DATABASE_URL: db.url } },
        (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }),
      )
    })

  it('creates, lists and drops, and says what it cannot do', async () => {
    expect(await command('create', 'create index by_unit on metric_series (unit)')).toMatchObject({
      code: 0,
      stderr: '',
    })
    expect((await command('list')).stdout).toMatch(/^metric_series +\| by_unit +\| 0 +\| 8192 bytes +\| valid/m)
    expect(await command('drop', 'by_unit')).toMatchObject({ code: 0, stdout: 'dropped: by_unit\n' })
    expect(await command('drop', 'by_unit')).toMatchObject({ code: 1, stderr: 'migrate: there is no index by_unit\n' })
  })
})
