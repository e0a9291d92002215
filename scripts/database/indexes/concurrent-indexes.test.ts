import { execFile } from 'node:child_process'
import { join } from 'node:path'
import type { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTenant, createTestDatabase, type TestDatabase } from '../../../test/support/postgres/database.ts'
import { addPartition, holdSnapshot, indexesLike, waitingBuild } from '../../../test/support/postgres/index-builds.ts'
import { createIndex, dropIndex } from './concurrent-indexes.ts'
import { listIndexes } from './index-catalogue.ts'
import { readIndexStatements } from './index-statement.ts'

let db: TestDatabase
let client: Client
let lines: string[]
const log = (line: string) => void lines.push(line)

beforeEach(async () => {
  db = await createTestDatabase()
  client = await db.connect()
  lines = []
  for (const month of [1, 2, 3]) await addPartition(db, month)
})
afterEach(async () => {
  await client.end()
  await db.drop()
})

const create = async (statement: string, by = client): Promise<void> => {
  const [only] = readIndexStatements(statement)
  if (only?.kind !== 'create') throw new Error('no index')
  await createIndex(by, only.index, log)
}
/** Begins to build, by a session that is ended in the middle of it, and lets the next one through. */
const interrupt = async (statement: string): Promise<void> => {
  const release = await holdSnapshot(db)
  const failure = create(statement, await db.connect()).then(
    () => 'it was built',
    (error: unknown) => String(error),
  )
  await db.query('select pg_terminate_backend($1)', [await waitingBuild(db)])
  expect(await failure).toMatch(/terminat/)
  await release()
}

describe('a concurrent index', () => {
  it('is built and valid; once more changes nothing', async () => {
    await create('create index by_value on dead_letter (reason) where reason is not null')
    expect(await indexesLike(db, 'by_value')).toEqual(['by_value'])
    await create('CREATE INDEX CONCURRENTLY by_value ON dead_letter USING btree (reason)  where (reason is not null);')
    expect(lines).toEqual(['built: by_value'])
  })

  it('is built on every partition; months that come later have it too', async () => {
    await create('create index by_value on metric_chunk (n)')
    await addPartition(db, 4)
    const built = ['by_value', 'by_value_2026_01', 'by_value_2026_02', 'by_value_2026_03', 'metric_chunk_2026_04_n_idx']
    expect([...(await indexesLike(db, 'by_value')), ...(await indexesLike(db, 'metric_chunk_2026_04_n_'))]).toEqual(
      built,
    )
  })

  it('of a partitioned table without partitions is valid at once', async () => {
    await db.query('drop table metric_chunk_2026_01, metric_chunk_2026_02, metric_chunk_2026_03')
    await create('create index by_value on metric_chunk (n)')
    expect(await indexesLike(db, 'by_value')).toEqual(['by_value'])
  })

  it('belongs to the owner of its table', async () => {
    await create('create index by_value on metric_chunk (n)')
    await create('create index by_unit on metric_series (unit)')
    const rows = await db.query(
      `select relname as name, relowner::regrole::text as owner from pg_class where relname ~ '^by_(value|unit)' order by 1`,
    )
    const months = ['by_value', 'by_value_2026_01', 'by_value_2026_02', 'by_value_2026_03']
    expect(rows).toEqual([
      { name: 'by_unit', owner: 'penstock_owner' },
      ...months.map((name) => ({ name, owner: 'penstock_months' })),
    ])
  })

  it('that was interrupted is dropped and built again', async () => {
    await interrupt('create index by_value on dead_letter (reason)')
    expect(await indexesLike(db, 'by_value')).toEqual(['by_value?'])
    await create('create index by_value on dead_letter (reason)')
    expect(await indexesLike(db, 'by_value')).toEqual(['by_value'])
    expect(lines).toEqual(['dropped: by_value, which an interrupted build left invalid', 'built: by_value'])
  })

  it('of a partitioned table that was interrupted goes on with the partition that it was at', async () => {
    await create('create index by_value on metric_chunk (n)')
    await db.query('drop index by_value')
    await interrupt('create index by_value on metric_chunk (n)')
    expect(await indexesLike(db, 'by_value')).toEqual(['by_value?', 'by_value_2026_01?'])
    lines = []
    await create('create index by_value on metric_chunk (n)')
    expect(await indexesLike(db, 'by_value')).toEqual([
      'by_value',
      'by_value_2026_01',
      'by_value_2026_02',
      'by_value_2026_03',
    ])
    expect(lines[0]).toMatch(/^dropped: by_value_2026_01,/)
  })

  it('that the rows do not allow says so, and is mended when they do', async () => {
    const tenant = await createTenant(db, 'acme')
    await db.query(
      `insert into dead_letter (tenant_id, source, message_id, reason, detail, content_type, payload)
       values ($1, 's', '1', 'r', '', '', ''), ($1, 's', '2', 'r', '', '', '')`,
      [tenant],
    )
    const unique = 'create unique index one_value on dead_letter (reason)'
    await expect(create(unique)).rejects.toThrow(/could not create unique index/)
    expect(await indexesLike(db, 'one_value')).toEqual(['one_value?'])
    await db.query(`delete from dead_letter where message_id = '2'`)
    await create(unique)
    expect(await indexesLike(db, 'one_value')).toEqual(['one_value'])
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
    await create('create index by_value on metric_chunk (n)')
    await create('create index other_value on dead_letter (reason)')
    expect(await dropIndex(client, 'by_value', log)).toBe(true)
    expect(await dropIndex(client, 'other_value', log)).toBe(true)
    expect(await dropIndex(client, 'other_value', log)).toBe(false)
    await interrupt('create index by_value on metric_chunk (n)')
    expect(await dropIndex(client, 'by_value', log)).toBe(true)
    expect([await indexesLike(db, 'by_value'), await indexesLike(db, 'other_value')]).toEqual([[], []])
  })

  it('of a constraint, or of one partition alone, is not dropped', async () => {
    await create('create index by_value on metric_chunk (n)')
    await expect(dropIndex(client, 'metric_chunk_pkey', log)).rejects.toThrow(
      /belongs to the constraint metric_chunk_pkey/,
    )
    await expect(dropIndex(client, 'by_value_2026_02', log)).rejects.toThrow(/is part of by_value/)
  })

  it('is listed with its scans and state, those of partitions together', async () => {
    await create('create index by_value on metric_chunk (n)')
    await db.query(
      `set enable_seqscan = off; select * from metric_chunk where n = 1; select pg_stat_force_next_flush(); reset enable_seqscan`,
    )
    const found = async () => (await listIndexes(client)).indexes.find((index) => index.name === 'by_value')
    await expect
      .poll(found)
      .toMatchObject({ table: 'metric_chunk', scans: '3', size: '24 kB', state: 'valid', constraint: null })
    await db.query(`update pg_index set indisvalid = false where indexrelid = 'by_value'::regclass`)
    expect(await found()).toMatchObject({ state: 'invalid' })
  })
})

describe('npm run migrate -- index', () => {
  const command = async (...args: string[]) =>
    await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      execFile(
        process.execPath,
        [join(import.meta.dirname, '../../penstock.ts'), 'migrate', 'index', ...args],
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
