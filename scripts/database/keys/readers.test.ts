// Promise 4 where anybody may send any SQL: a reader reads one tenant, whatever its session tries.
import { randomBytes } from 'node:crypto'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeLive } from '../../../test/support/points/points.ts'
import { addPoints, addSeries } from '../../../test/support/points/stored-series.ts'
import { createServerOfItsOwn, createTenant, type TestDatabase } from '../../../test/support/postgres/database.ts'
import { createReader, dropReader, listReaders, type ReaderDeps } from './readers.ts'

const AT = Date.parse('2026-11-10T00:00:00Z') * 1000
const NAMES = ['mine', 'theirs'] as const

let db: TestDatabase
let admin: Client
let deps: ReaderDeps
const ids = { mine: 0, theirs: 0 }
beforeAll(async () => {
  db = await createServerOfItsOwn()
  await makeLive(db, '2026-11-01')
  for (const name of NAMES) {
    ids[name] = await createTenant(db, name)
    const series = await addSeries(db, ids[name])
    await addPoints(db, ids[name], series, [[AT, ids[name]]])
  }
  admin = await db.connect()
  deps = { client: admin, budget, tier: 'large', randomBytes }
})
afterAll(async () => {
  await admin.end()
  await db.drop()
})

/** Questions that a reader may ask. The value of each point is the number of its tenant. */
const QUESTIONS = [
  'select tenant_id from metric_series',
  `select p.value as tenant_id from generate_series(1, 100) id, metric_points(id, '2026-11-10', '2026-11-11') p`,
  `select h.sum as tenant_id from generate_series(1, 100) id, metric_hours(id, '2026-11-10', '2026-11-11') h`,
]

const logIn = async (login: string, password: string): Promise<Client> => {
  const url = new URL(db.url)
  Object.assign(url, { username: login, password })
  const client = new Client({ connectionString: url.href })
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Logs in as the reader, and out. */
const asReader = async (work: (client: Client) => Promise<void>, connections = 2): Promise<void> => {
  const { login, password } = await createReader(deps, { tenant: 'mine', connections })
  const client = await logIn(login, password)
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

const tenantsSeen = async (client: Client): Promise<unknown[]> => {
  const seen = []
  for (const question of QUESTIONS) {
    const { rows } = await client.query<{ tenant_id: number }>(question)
    seen.push(rows.map((row) => row.tenant_id))
  }
  return seen
}

describe('a reader', () => {
  it('sees its own tenant, whatever it asks', async () => {
    await asReader(async (client) => expect(await tenantsSeen(client)).toEqual(QUESTIONS.map(() => [ids.mine])))
  })

  it('sees no other after anything that a session can set', async () => {
    const other = ids.theirs
    const tries = [
      `set app.tenant_id = '${other}'`,
      `select set_config('app.tenant_id', '${other}', false)`,
      `set role penstock_reader`,
      `set row_security = off; set row_security = on`,
      `set session authorization default`,
      `set search_path = pg_catalog, public`,
      `reset all; set app.tenant_id = '${other}'`,
      `discard all; set app.tenant_id = '${other}'`,
      `set role none; set app.tenant_id = '${other}'`,
    ]
    await asReader(async (client) => {
      for (const attempt of tries) {
        for (const statement of attempt.split('; ')) await client.query(statement)
        expect([attempt, await tenantsSeen(client)]).toEqual([attempt, QUESTIONS.map(() => [ids.mine])])
      }
    })
  })

  it.each([
    ['metric_point', 'metric_points(series, from, to), or look at stored_point'],
    ['metric_rollup', 'metric_hours(series, from, to), or look at stored_hour'],
  ])('that reads the former table %s is told what to ask instead', async (former, instead) => {
    await asReader(async (client) => {
      const message = `${former} is no table any more: ask the function ${instead}`
      await expect(client.query(`select * from ${former}`)).rejects.toMatchObject({ message, code: '42P01' })
      await expect(client.query(`select count(*) from ${former} where series_id = 1`)).rejects.toThrow(message)
    })
  })

  it('becomes nobody else', async () => {
    const theirs = await createReader(deps, { tenant: 'theirs', connections: 1 })
    await asReader(async (client) => {
      for (const role of [
        'penstock_owner',
        'penstock_months',
        'penstock_admin',
        'penstock_partitions',
        'penstock_metrics_query',
        theirs.login,
        'postgres',
      ]) {
        await expect(client.query(`set role ${role}`), role).rejects.toThrow(/permission denied/)
        await expect(client.query(`set session authorization ${role}`), role).rejects.toThrow(/permission denied/)
      }
      await expect(client.query(`alter role current_user rename to penstock_reader_${ids.theirs}`)).rejects.toThrow()
    })
  })

  it('reads no other table, and no partition past its parent', async () => {
    await asReader(async (client) => {
      for (const table of [
        'tenant',
        'api_key',
        'dead_letter',
        'idempotency_key',
        'insight_feedback',
        'archive',
        'backfill_job',
        'schema_migration',
        'metric_log',
        'metric_chunk',
        'metric_chunk_2026_11',
        'metric_hour',
        'stored_point',
      ]) {
        await expect(client.query(`select * from ${table}`), table).rejects.toThrow(/permission denied/)
      }
      await expect(client.query('select result from job_run')).rejects.toThrow(/permission denied/)
      await client.query('select job, started_at, finished_at, outcome from job_run')
      await expect(client.query(`select * from find_tenant('theirs')`)).rejects.toThrow(/permission denied/)
    })
  })

  it.each([
    'insert into metric_series (tenant_id) values (1)',
    'update metric_log set n = 0',
    'delete from metric_chunk',
    'truncate metric_series',
    'select * from metric_series for update',
    'create table mine (id int)',
    'create temporary table mine (id int)',
    'create schema mine',
    `create function mine() returns int language sql as 'select 1'`,
    'create policy mine on metric_series using (true)',
    'alter table metric_series disable row level security',
    'copy metric_series to program $$cat$$',
  ])('cannot: %s', async (statement) => {
    await asReader(async (client) => {
      await client.query('set default_transaction_read_only = off')
      await expect(client.query(statement)).rejects.toThrow(/permission denied|must be (owner|superuser)/)
    })
  })

  it('begins each session with limits of time, and in UTC', async () => {
    await asReader(async (client) => {
      const wanted = {
        statement_timeout: '15s',
        lock_timeout: '1s',
        idle_in_transaction_session_timeout: '5s',
        idle_session_timeout: '5min',
        default_transaction_read_only: 'on',
        max_parallel_workers_per_gather: '0',
        TimeZone: 'UTC',
      }
      for (const [name, value] of Object.entries(wanted)) {
        const { rows } = await client.query<{ value: string }>('select current_setting($1) as value', [name])
        expect([name, rows[0]?.value]).toEqual([name, value])
      }
    })
  })

  it('has its connections and not one more', async () => {
    const { login, password } = await createReader(deps, { tenant: 'mine', connections: 2 })
    const [first, second] = [await logIn(login, password), await logIn(login, password)]
    await expect(logIn(login, password)).rejects.toThrow(/too many connections for role/)
    await first.end()
    await second.end()
  })
})

describe('createReader', () => {
  beforeEach(async () => {
    for (const { tenant } of await listReaders(admin)) if (tenant !== null) await dropReader(admin, tenant)
  })

  it('gives another password and limit to the reader that is there', async () => {
    const first = await createReader(deps, { tenant: 'mine', connections: 2 })
    const second = await createReader(deps, { tenant: 'mine', connections: 3 })
    expect(second.login).toBe(first.login)
    await expect(logIn(first.login, first.password)).rejects.toThrow(/password authentication failed/)
    await (await logIn(second.login, second.password)).end()
    expect(await listReaders(admin)).toEqual([{ login: first.login, tenant: 'mine', connections: 3, open: 0 }])
  })

  it('keeps all readers together in the budget, made at once too', async () => {
    const most = budget.tiers.large.readers
    await expect(createReader(deps, { tenant: 'mine', connections: most + 1 })).rejects.toThrow(
      `the budget of the tier large has ${most} connections for readers, and 0 are given`,
    )
    await createReader(deps, { tenant: 'mine', connections: most })
    await createReader(deps, { tenant: 'mine', connections: most - 1 })
    await createReader(deps, { tenant: 'theirs', connections: 1 })
    await dropReader(admin, 'theirs')
    await dropReader(admin, 'mine')
    const other = await db.connect()
    const both = await Promise.allSettled([
      createReader(deps, { tenant: 'mine', connections: most }),
      createReader({ ...deps, client: other }, { tenant: 'theirs', connections: 1 }),
    ])
    await other.end()
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('refuses a tier without connections for readers, and a tenant that is not there', async () => {
    const without = { ...budget, tiers: { ...budget.tiers, small: { ...budget.tiers.small, readers: 0 } } }
    await expect(
      createReader({ ...deps, budget: without, tier: 'small' }, { tenant: 'mine', connections: 1 }),
    ).rejects.toThrow('the tier small has 0 connections for readers')
    await expect(createReader(deps, { tenant: 'nobody', connections: 1 })).rejects.toThrow(
      'there is no tenant "nobody"',
    )
    expect(await listReaders(admin)).toEqual([])
  })
})

describe('dropReader', () => {
  it('ends the sessions and lets nobody in again', async () => {
    const { login, password } = await createReader(deps, { tenant: 'mine', connections: 2 })
    const client = await logIn(login, password)
    expect(await dropReader(admin, 'mine')).toBe(login)
    await expect(client.query('select 1')).rejects.toThrow(/terminat|not queryable/i)
    await expect(logIn(login, password)).rejects.toThrow(/password authentication failed/)
    await expect(dropReader(admin, 'mine')).rejects.toThrow('mine has no reader')
  })
})
