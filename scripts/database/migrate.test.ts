import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { createTestDatabase, liftConnectionLimits, type TestDatabase } from '../../test/support/postgres/database.ts'
import { everyDeployment } from '../../test/support/postgres/every-deployment.ts'
import { addPartition, holdSnapshot, indexesLike, waitingBuild } from '../../test/support/postgres/index-builds.ts'
import { migrate } from './migrate.ts'
import { applyMigrations, type Migration, readMigrations } from './migrations.ts'

const describeDatabase = `
  select c.relname, c.relacl::text, c.relrowsecurity, c.relforcerowsecurity from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1`

describe('migrate', () => {
  let db: TestDatabase
  beforeAll(async () => {
    db = await createTestDatabase()
  })
  afterAll(async () => {
    await liftConnectionLimits(db.url)
    await db.drop()
  })

  it('changes nothing when it is run again', async () => {
    const before = await db.query(describeDatabase)
    await migrate({ url: db.url, tier: 'large', budget: everyDeployment })
    expect(await db.query(describeDatabase)).toEqual(before)
  })

  it('mends a grant, a policy and a limit that somebody changed', async () => {
    const before = await db.query(describeDatabase)
    const policies = await db.query('select policyname from pg_policies order by 1')
    await db.query('grant delete on metric_log to penstock_metrics_query')
    await db.query('revoke select on metric_log from penstock_metrics_query')
    await db.query('drop policy all_rows_penstock_partitions on metric_log')
    await db.query('create policy all_rows_penstock_metrics_query on metric_log to penstock_metrics_query using (true)')
    await migrate({ url: db.url, tier: 'large', budget: everyDeployment })
    expect(await db.query('select policyname from pg_policies order by 1')).toEqual(policies)
    const sorted = (rows: Record<string, unknown>[]) => rows.map((row) => String(row['relacl']).split(',').sort())
    expect(sorted(await db.query(describeDatabase))).toEqual(sorted(before))
  })

  it('lets twenty run at once on an empty database: one applies, all succeed', async () => {
    const name = `twenty_${randomBytes(4).toString('hex')}`
    await db.query(`create database ${name}`)
    const url = new URL(inject('postgresUrl'))
    url.pathname = `/${name}`
    const lines: string[] = []
    await Promise.all(
      Array.from({ length: 20 }, () =>
        migrate({ url: url.href, tier: 'large', budget: everyDeployment, log: (line) => lines.push(line) }),
      ),
    )
    expect(lines).toEqual(readMigrations().map((migration) => `migrated: ${migration.name}`))
    await db.query(`drop database ${name}`)
  })

  it('leaves the owner, the authenticator, the admin and the role of readers without a login', async () => {
    const rows = await db.query(
      `select rolname, rolcanlogin, rolsuper, rolbypassrls from pg_roles where rolname like 'penstock%' and (rolname in ('penstock_owner', 'penstock_months', 'penstock_warden', 'penstock_authenticator', 'penstock_admin', 'penstock_reader', 'penstock_reader_source', 'penstock_auditor', 'penstock_audit_writer')) = rolcanlogin`,
    )
    expect(rows).toEqual([])
  })

  it('forces row security on every table with a tenant', async () => {
    const rows = await db.query(
      `select distinct c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and (a.attname = 'tenant_id' or c.relname = 'tenant')
         and not (c.relrowsecurity and c.relforcerowsecurity)`,
    )
    expect(rows).toEqual([])
  })
})

describe('applyMigrations', () => {
  let db: TestDatabase
  let client: Client
  beforeAll(async () => {
    db = await createTestDatabase()
    client = await db.connect()
  })
  afterAll(async () => {
    await client.end()
    await db.drop()
  })
  const apply = async (migrations: readonly Migration[]) => await applyMigrations(client, migrations, () => {})
  const known = readMigrations()
  const extra = (name: string, sql: string): Migration => ({ name, sql, sha256: 'x' })

  it('names the file and the line of a statement that fails, and leaves nothing of it', async () => {
    const broken = extra('9999-broken', 'create table half ();\nselect 1;\nselect nonsense;')
    await expect(apply([...known, broken])).rejects.toThrow(/9999-broken, line 3: column "nonsense"/)
    expect(await db.query(`select to_regclass('half') as half`)).toEqual([{ half: null }])
  })

  it('refuses an applied migration that was changed since', async () => {
    const [first, ...rest] = known
    if (!first) throw new Error('no migration')
    await expect(apply([{ ...first, sha256: 'other' }, ...rest])).rejects.toThrow(/was changed after it was applied/)
  })

  it('refuses a database that is ahead of this release', async () => {
    await expect(apply([])).rejects.toThrow(/which this release does not know/)
  })

  it('refuses a new migration with a number below what is applied', async () => {
    await expect(apply([extra('0000-late', 'select 1'), ...known])).rejects.toThrow(/give it the next number/)
  })
})

describe('a concurrent migration', () => {
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
    await liftConnectionLimits(db.url)
    await db.drop()
  })
  const known = readMigrations()
  const concurrent = (sql: string): Migration => ({ name: '9999-indexes', sql: `-- concurrent\n${sql}`, sha256: 'x' })
  const index = concurrent('create index by_value on metric_chunk (n);')

  it('is applied by one of twenty that run at once, and all succeed', async () => {
    await Promise.all(
      Array.from({ length: 20 }, () =>
        migrate({ url: db.url, tier: 'large', budget: everyDeployment, migrations: [...known, index], log }),
      ),
    )
    expect(lines.filter((line) => line.startsWith('migrated'))).toEqual(['migrated: 9999-indexes'])
    expect(await indexesLike(db, 'by_value')).toHaveLength(4)
  })

  it('holds nothing but statements of indexes', async () => {
    const applying = applyMigrations(client, [...known, concurrent('delete from metric_log;')], log)
    await expect(applying).rejects.toThrow(/migration 9999-indexes: only "create \[unique\] index/)
  })

  it('removes an index; that it is gone already is no failure', async () => {
    const dropping = [...known, concurrent('drop index metric_series_name;\ndrop index long_gone;')]
    await applyMigrations(client, dropping, log)
    expect(await indexesLike(db, 'metric_series_name')).toEqual([])
  })

  it('whose process was killed in the middle of a build is mended by the next, who need not wait for what was being done', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'penstock-migrations-'))
    cpSync(new URL('../../migrations/', import.meta.url), folder, { recursive: true })
    writeFileSync(join(folder, '9999-indexes.sql'), index.sql)
    const release = await holdSnapshot(db)
    const fixture = join(import.meta.dirname, '../../test/support/postgres/migrate-fixture.ts')
    const child = spawn(process.execPath, [fixture, db.url, folder], { stdio: 'ignore' })
    const orphan = await waitingBuild(db)
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    const next = migrate({ url: db.url, tier: 'large', budget: everyDeployment, migrations: [...known, index], log })
    await expect
      .poll(async () => await db.query('select from pg_stat_activity where pid = $1', [orphan]), { timeout: 10_000 })
      .toEqual([])
    await release()
    await next
    expect(await indexesLike(db, 'by_value')).toHaveLength(4)
    expect(lines).toContain('dropped: by_value_2026_01, which an interrupted build left invalid')
    expect(lines).toContain('migrated: 9999-indexes')
    rmSync(folder, { recursive: true, force: true })
  })
})
