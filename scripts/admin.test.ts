// The admin of Cloud SQL is not a superuser: it may make roles and databases, and owns the database as a member of its owner.
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { checksumKey } from '../test/support/http/api-keys.ts'
import { findDrift } from './database/drift/drift.ts'
import { migrate } from './database/migrate.ts'
import { readMigrations } from './database/migrations.ts'
import { type EmbeddedPostgres, startPostgres } from './database/postgres.ts'
import { roleOf } from './database/roles.ts'

const USER = 'ingest@project.iam'
const { deployments, readers } = budget.tiers.standard
/** Connections of a deployment at its maximum. */
const limitOf = (name: string): number => (deployments[name]?.instances ?? 0) * (deployments[name]?.pool ?? 0)
const users = { 'metrics-ingest': USER, partitions: 'partitions@project.iam' }

const schema = readFileSync(new URL('../migrations/schema.sql', import.meta.url), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'penstock-admin-'))
let postgres: EmbeddedPostgres
let superuser: Client
let url: string

beforeAll(async () => {
  chmodSync(folder, 0o755)
  postgres = await startPostgres({
    dataDir: join(folder, 'data'),
    port: 0,
    password: 'test',
    settings: { fsync: 'off' },
  })
  const server = new Client({ connectionString: postgres.url })
  await server.connect()
  await server.query(`create role cloudsqlsuperuser nologin createrole createdb`)
  await server.query(`create role admin login password 'test' createrole createdb in role cloudsqlsuperuser`)
  for (const user of Object.values(users)) await server.query(`create role "${user}" login password 'test'`)
  await server.query('create database penstock owner cloudsqlsuperuser')
  await server.end()
  superuser = new Client({ connectionString: as('postgres') })
  await superuser.connect()
  url = as('admin')
  await migrate({ url, tier: 'standard', users })
})
afterAll(async () => {
  await superuser.end()
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
})

const as = (user: string): string => `postgres://${encodeURIComponent(user)}:test@127.0.0.1:${postgres.port}/penstock`

interface Ended {
  readonly code: number
  readonly lines: readonly string[]
  readonly stderr: string
}
const command = async (
  script: string,
  args: readonly string[],
  settings: Record<string, string> = {},
): Promise<Ended> =>
  await new Promise((resolve) => {
    const environment = {
      TIER: 'standard',
      FUNCTION_USERS: JSON.stringify(users),
      DATABASE_URL: url,
      KEY_CHECKSUM_KEY: checksumKey.toString('hex'),
    }
    execFile(
      process.execPath,
      [join(import.meta.dirname, 'penstock.ts'), script, ...args],
      { env: { ...process.env, ...environment, ...settings } },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, lines: stdout.trim().split('\n'), stderr }),
    )
  })

describe('an admin that is no superuser', () => {
  it('migrates, again and again, and finds nothing that differs', async () => {
    expect((await command('migrate', [])).stderr).toBe('')
    const checked = await command('migrate', ['check'])
    expect(checked).toEqual({ code: 0, lines: ['the database is what this release needs'], stderr: '' })
  })

  it('makes keys and lists them', async () => {
    const made = await command('keys', ['create', '--tenant', 'acme', '--scopes', 'metrics:write'])
    expect([made.code, made.lines[0]?.slice(0, 3)]).toEqual([0, 'pk_'])
    expect((await command('keys', ['list'])).lines.at(-1)).toContain('acme')
  })

  it('takes its password from a setting of its own', async () => {
    const settings = { DATABASE_URL: url.replace(':test@', '@'), DATABASE_PASSWORD: 'test' }
    expect((await command('migrate', ['check'], settings)).code).toBe(0)
    expect((await command('migrate', ['check'], { ...settings, DATABASE_PASSWORD: 'x' })).stderr).toMatch(
      /cannot connect/,
    )
  })

  it('goes nowhere without TLS from a job in the cloud', async () => {
    const refused = await command('migrate', ['check'], { CLOUD_RUN_JOB: 'penstock-admin' })
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('DATABASE_CA')])
  })

  it.each([
    [['chekc'], {}],
    [['check'], { FUNCTION_USERS: 'nonsense' }],
  ])('does nothing on a command line or settings that make no sense: %j %j', async (args, settings) => {
    expect(await command('migrate', args, settings)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('usage:'),
    })
  })
})

describe('an IAM user', () => {
  let client: Client
  beforeEach(async () => {
    client = new Client({ connectionString: as(USER) })
    await client.connect()
  })
  afterEach(async () => await client.end())

  it("has its function's rights, connections and time-outs, and no others", async () => {
    await client.query(`select set_config('app.tenant_id', '1', false)`)
    expect((await client.query('select * from metric_series')).rows).toEqual([])
    await expect(client.query('delete from metric_log')).rejects.toThrow(/permission denied/)
    expect((await client.query('show statement_timeout')).rows).toEqual([{ statement_timeout: '30s' }])
    const { rows } = await superuser.query('select rolconnlimit from pg_roles where rolname = $1', [USER])
    expect(rows).toEqual([{ rolconnlimit: limitOf('metrics-ingest') }])
  })

  it('of a maintenance function sees every tenant, and is the owner only where it says so', async () => {
    const maintenance = new Client({ connectionString: as(users.partitions) })
    await maintenance.connect()
    const made = await superuser.query(`insert into tenant (name) values ('seen-by-all') returning id as tenant_id`)
    await superuser.query(
      `insert into metric_log (tenant_id, block, first_ts, last_ts, n, series, ts, value)
       values ($1, 0, '2026-11-01Z', '2026-11-01Z', 1, '{7}', '{2026-11-01Z}', '{7}')`,
      [made.rows[0].tenant_id],
    )
    expect((await maintenance.query('select tenant_id from metric_log')).rows).toEqual(made.rows)
    await superuser.query('delete from metric_log')
    await expect(maintenance.query('alter table metric_chunk add column x int')).rejects.toThrow(/must be owner/)
    await maintenance.query(
      'begin; set local role penstock_months; alter table metric_chunk add column x int; rollback',
    )
    await maintenance.end()
  })

  it('that is not there is named, and nothing is changed', async () => {
    const migrating = migrate({ url, tier: 'large', users: { ...users, 'metrics-query': 'nobody@project.iam' } })
    await expect(migrating).rejects.toThrow('there is no IAM user nobody@project.iam for metrics-query')
    expect((await command('migrate', ['check'])).code).toBe(0)
  })

  it('that stands for a function no longer loses its rights', async () => {
    await migrate({ url, tier: 'standard', users: { partitions: users.partitions } })
    await expect(client.query('select * from metric_series')).rejects.toThrow(/permission denied/)
    await migrate({ url, tier: 'standard', users })
    await client.query('select * from metric_series')
  })

  it('of a function that is not in the budget is refused', async () => {
    await expect(migrate({ url, tier: 'standard', users: { nothing: USER } })).rejects.toThrow(
      /has no deployment nothing/,
    )
  })
})

describe('check', () => {
  /** Manual changes, the line of `check` for each, and how it is undone if migrate does not do that. */
  const drifts: readonly [string, string, string?][] = [
    [
      'alter table metric_series alter column unit drop not null',
      'schema: table metric_series differs: lacks unit text not null; has unit text',
      'alter table metric_series alter column unit set not null',
    ],
    ['create table mine (id int)', 'schema: no migration made table mine', 'drop table mine'],
    [
      'drop index metric_log_newest',
      'schema: there is no CREATE INDEX metric_log_newest ON public.metric_log USING btree (((tenant_id)::bigint), last_ts)',
      'set role penstock_owner; create index metric_log_newest on metric_log ((tenant_id::bigint), last_ts); reset role',
    ],
    ['delete from schema_migration', `migrations: 0001-tables is not applied`],
    ['alter role penstock_owner login', 'roles: penstock_owner can log in', 'alter role penstock_owner nologin'],
    [
      'alter role penstock_metrics_query bypassrls',
      'roles: penstock_metrics_query is bypassrls',
      'alter role penstock_metrics_query nobypassrls',
    ],
    [
      'alter role penstock_metrics_query connection limit 50',
      `limits: penstock_metrics_query may open 50 connections, not ${limitOf('metrics-query')}`,
    ],
    [
      `alter role "${USER}" connection limit -1`,
      `limits: ${USER} may open -1 connections, not ${limitOf('metrics-ingest')}`,
    ],
    ['alter role penstock_partitions inherit', 'roles: penstock_partitions is to be noinherit'],
    [
      `alter role penstock_metrics_query set statement_timeout = '0'`,
      'settings: penstock_metrics_query lacks statement_timeout=30s',
    ],
    ["alter role penstock_metrics_query set work_mem = '1GB'", 'settings: penstock_metrics_query has work_mem=1GB'],
    [
      `grant penstock_owner to "${USER}"`,
      `roles: ${USER} can act as penstock_owner`,
      `revoke penstock_owner from "${USER}"`,
    ],
    [`grant penstock_metrics_query to "${USER}"`, `roles: ${USER} can act as penstock_metrics_query`],
    [
      'revoke select on metric_log from penstock_metrics_query',
      'grants: missing: select on metric_log to penstock_metrics_query',
    ],
    [
      'grant update (n) on metric_log to penstock_metrics_query',
      'grants: stray: update on metric_log.n to penstock_metrics_query',
    ],
    [
      'grant select on metric_log to public',
      'grants: stray: select on metric_log to public',
      'revoke select on metric_log from public',
    ],
    [
      'grant execute on function find_tenant(text) to public',
      'grants: stray: execute on find_tenant to public',
      'revoke execute on function find_tenant(text) from public',
    ],
    [
      `grant create on schema public to "${USER}"`,
      `grants: stray: create on schema public to ${USER}`,
      `revoke create on schema public from "${USER}"`,
    ],
    [
      'grant select on a_month to penstock_metrics_query',
      'grants: stray: select on a_month to penstock_metrics_query',
      'revoke select on a_month from penstock_metrics_query',
    ],
    [
      'alter table a_month no force row level security',
      'row security: not forced on a_month',
      'alter table a_month force row level security',
    ],
    [
      'alter table dead_letter disable row level security',
      'row security: not enabled on dead_letter',
      'alter table dead_letter enable row level security',
    ],
    [
      'drop policy all_rows_penstock_partitions on metric_log',
      'row security: penstock_partitions does not see every row of metric_log',
    ],
    [
      'create policy all_rows_penstock_metrics_query on metric_log to penstock_metrics_query using (true)',
      'row security: penstock_metrics_query sees every row of metric_log',
    ],
    ['grant temporary on database penstock to public', 'grants: stray: temporary on the database to public'],
    ['alter role penstock_reader login', 'roles: penstock_reader can log in', 'alter role penstock_reader nologin'],
    [
      `grant penstock_reader to "${USER}"`,
      `roles: ${USER} can act as penstock_reader`,
      `revoke penstock_reader from "${USER}"`,
    ],
    [
      'drop policy reader_tenant_only on metric_series',
      `schema: there is no ${schema.match(/^create policy reader_tenant_only on metric_series as restrictive .*(?=;$)/m)?.[0]}`,
      `set role penstock_owner; create policy reader_tenant_only on metric_series as restrictive to penstock_reader
       using (tenant_id = (select reader_tenant())); reset role`,
    ],
    [
      'alter table dead_letter owner to postgres',
      'owners: dead_letter belongs to postgres, not penstock_owner',
      'alter table dead_letter owner to penstock_owner',
    ],
    [
      'alter function find_tenant(text) owner to penstock_owner',
      'owners: find_tenant belongs to penstock_owner, not penstock_authenticator',
    ],
    [
      `update pg_index set indisvalid = false where indexrelid = 'metric_log_newest'::regclass`,
      'indexes: metric_log_newest on metric_log is not valid',
      `update pg_index set indisvalid = true where indexrelid = 'metric_log_newest'::regclass`,
    ],
  ]

  beforeAll(async () => {
    await superuser.query(`
      set role penstock_months;
      create table a_month (like metric_chunk including all);
      alter table a_month enable row level security, force row level security;
      alter table metric_chunk attach partition a_month for values from ('2026-11-01Z') to ('2026-12-01Z');
      reset role`)
  })
  const found = async (): Promise<readonly string[]> => {
    const client = new Client({ connectionString: url })
    await client.connect()
    try {
      return await findDrift(client, {
        roles: { budget, tier: 'standard', users },
        migrations: readMigrations(),
        schema,
      })
    } finally {
      await client.end()
    }
  }

  it.each(drifts)('finds and names what %s changed, and nothing once it is mended', async (change, line, undo) => {
    const { rows: migrations } = await superuser.query('select * from schema_migration')
    await superuser.query(change)
    expect(await found()).toContain(line)
    if (undo === undefined && change.includes('schema_migration')) {
      for (const row of migrations)
        await superuser.query('insert into schema_migration values ($1, $2, $3)', Object.values(row))
    } else if (undo === undefined) await migrate({ url, tier: 'standard', users })
    else await superuser.query(undo)
    expect(await found()).toEqual([])
  })

  it('says that a database was never migrated', async () => {
    const client = new Client({ connectionString: postgres.url })
    await client.connect()
    const release = {
      roles: { budget, tier: 'standard', users: undefined },
      migrations: readMigrations(),
      schema,
    } as const
    expect(await findDrift(client, release)).toEqual(['migrations: this database was never migrated'])
    await client.end()
  })

  it('ends with 1 and a line for each thing', async () => {
    await superuser.query(`alter role ${roleOf('metrics-query')} connection limit 1`)
    const checked = await command('migrate', ['check'])
    expect(checked).toMatchObject({
      code: 1,
      lines: [
        `limits: penstock_metrics_query may open 1 connections, not ${limitOf('metrics-query')}`,
        'differences: 1',
      ],
    })
    await migrate({ url, tier: 'standard', users })
  })
})

describe('history that such an admin imports', () => {
  it('is stored, whatever its month', async () => {
    expect((await command('keys', ['create', '--tenant', 'plant', '--scopes', 'metrics:read'])).code).toBe(0)
    const file = join(folder, 'boiler.csv')
    writeFileSync(file, 'timestamp,temperature\n2014-02-14 14:30:00,61.5\n2014-03-14 14:30:00,62\n')
    const imported = await command('import', [file, '--service', 'boiler', '--tenant', 'plant'])
    expect(imported.stderr).toBe('')
    expect(imported.lines.at(-1)).toBe('  stored      2 points')
    const { rows } = await superuser.query('select value from stored_point order by ts')
    expect(rows).toEqual([{ value: 61.5 }, { value: 62 }])
    expect(await command('migrate', ['check'])).toMatchObject({ code: 0 })
  })
})

describe('a reader that such an admin makes', () => {
  const standard = { TIER: 'standard' }
  const login = async () =>
    (await superuser.query<{ name: string }>(`select 'penstock_reader_' || id as name from tenant where name = 'acme'`))
      .rows[0]?.name ?? ''
  beforeEach(async () => await command('keys', ['create', '--tenant', 'acme', '--scopes', 'metrics:read']))

  it('logs in by a password that is alone on stdout, and is gone with its sessions', async () => {
    const made = await command('reader', ['create', '--tenant', 'acme'], standard)
    expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining(`${await login()} reads acme`) })
    const client = new Client({ connectionString: as(await login()).replace(':test@', `:${made.lines[0]}@`) })
    client.on('error', () => {})
    await client.connect()
    expect((await client.query('select * from metric_series')).rows).toEqual([])
    expect((await command('reader', ['list'])).lines.at(-1)).toBe(`${await login()} | acme   | 2           | 1`)

    expect(await command('reader', ['drop', '--tenant', 'acme'])).toMatchObject({ code: 0 })
    await expect(client.query('select 1')).rejects.toThrow(/terminat|not queryable/i)
    expect(await command('migrate', ['check'])).toMatchObject({ code: 0 })
  })

  it('is drift only where it is more than a reader, or more than the budget has', async () => {
    await command('reader', ['create', '--tenant', 'acme', '--connections', '11'], { TIER: 'large' })
    const name = await login()
    const check = async () => (await command('migrate', ['check'])).lines
    const tooMany = `limits: readers may open 11 connections together, not ${readers}`
    expect(await check()).toEqual([tooMany, 'differences: 1'])
    await superuser.query(`alter role ${name} bypassrls; alter role ${name} set work_mem = '1GB'`)
    const wrong = [
      `roles: ${name} is bypassrls`,
      `settings: ${name} lacks work_mem=8MB`,
      `settings: ${name} has work_mem=1GB`,
    ]
    expect(await check()).toEqual([...wrong, tooMany, 'differences: 4'])
    await superuser.query(`alter role ${name} nobypassrls`)
    await migrate({ url, tier: 'standard', users })
    expect(await check()).toEqual([tooMany, 'differences: 1'])
    await command('reader', ['drop', '--tenant', 'acme'])
  })

  it.each([
    [['create', '--tenant', 'acme', '--connections', '0'], 2, 'It must be a whole number from 1 to 999.'],
    [
      ['create', '--tenant', 'acme', '--connections', '11'],
      1,
      `the tier standard has ${readers} connections for readers`,
    ],
    [['create'], 2, 'usage:'],
    [['list', '--tenant', 'acme'], 2, 'usage:'],
    [['drop', '--tenant', 'acme'], 1, 'acme has no reader'],
  ])('is not made or dropped by a command line that makes no sense: %j', async (args, code, says) => {
    expect(await command('reader', args)).toMatchObject({ code, stderr: expect.stringContaining(says) })
  })

  it('gives no password to a log', async () => {
    const refused = await command('reader', ['create', '--tenant', 'acme'], { ...standard, CLOUD_RUN_JOB: 'admin' })
    expect(refused).toMatchObject({ code: 2, lines: [''], stderr: expect.stringContaining('standard output is a log') })
  })
})
