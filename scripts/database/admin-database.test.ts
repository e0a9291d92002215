import { sql } from 'kysely'
import type { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { type AdminDatabase, openAdminDatabase } from './admin-database.ts'
import { findAdminTenant } from './admin-tenant.ts'
import { ADMIN, roleOf } from './roles.ts'

let db: TestDatabase
let opened: AdminDatabase[] = []

beforeAll(async () => {
  db = await createTestDatabase()
  vi.stubEnv('DATABASE_URL', db.url)
})
afterEach(async () => {
  await Promise.all(opened.map((database) => database.close()))
  opened = []
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await db.drop()
})

async function open(role = ADMIN): Promise<AdminDatabase> {
  const database = await openAdminDatabase({ role, statementTimeoutMs: 5_000 })
  opened.push(database)
  return database
}

const backendOf = async (client: Client): Promise<number> =>
  (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0

const insertSeries = (tenantId: number) => sql`
  insert into metric_series (tenant_id, service_name, metric_type, unit, labels, identity_sha256)
  values (${tenantId}, 's', 't', 'u', '{}', sha256(${String(Math.random())}::bytea))`

describe('the database of a person’s commands', () => {
  it('writes for one tenant at a time, as row security has it, though its user is a superuser', async () => {
    const [mine, theirs] = [await createTenant(db), await createTenant(db)]
    const database = await open()
    await database.write(mine, (tx) => insertSeries(mine).execute(tx))
    await expect(database.write(mine, (tx) => insertSeries(theirs).execute(tx))).rejects.toThrow(/row-level security/)
    const seen = async (tenantId: number) =>
      await database.write(tenantId, (tx) => tx.selectFrom('metric_series').select('tenant_id').execute())
    expect(await seen(mine)).toEqual([{ tenant_id: mine }])
    expect(await seen(theirs)).toEqual([])
    expect(await database.writeAll((tx) => tx.selectFrom('metric_series').selectAll().execute())).toEqual([])
  })

  it('comes back to its role when a unit gives up the owner’s', async () => {
    const partitions = roleOf('partitions')
    const database = await open(partitions)
    const roles = await database.writeAll(async (tx) => {
      const current = async () =>
        (await sql<{ name: string }>`select current_user::text as name`.execute(tx)).rows[0]?.name
      await sql`set local role penstock_months`.execute(tx)
      const taken = await current()
      await sql`reset role`.execute(tx)
      return [taken, await current()]
    })
    expect(roles).toEqual(['penstock_months', partitions])
  })

  it('runs units one after the other, in the order in which they were asked for', async () => {
    const database = await open()
    const order: string[] = []
    const unit = async (name: string, seconds: number) =>
      await database.writeAll(async (tx) => {
        order.push(`${name} begins`)
        await sql`select pg_sleep(${seconds})`.execute(tx)
        order.push(`${name} ends`)
      })
    await Promise.all([unit('first', 0.05), unit('second', 0)])
    expect(order).toEqual(['first begins', 'first ends', 'second begins', 'second ends'])
  })

  it.each(['40P01', '55P03'])(
    'runs a unit again from its beginning after %s, and goes on after one that fails for good',
    async (code) => {
      const database = await open()
      let runs = 0
      const result = await database.writeAll(async (tx) => {
        runs++
        if (runs < 3) await sql.raw(`do $$ begin raise exception 'again' using errcode = '${code}'; end $$`).execute(tx)
        return runs
      })
      expect(result).toBe(3)
      await expect(database.writeAll((tx) => sql`select 1 / 0`.execute(tx))).rejects.toThrow(/zero/)
      expect(await database.writeAll(async () => 'still there')).toBe('still there')
    },
  )

  it('waits out a lock that it takes where its unit begins, on a new connection each time', async () => {
    const database = await open()
    await database.onEachConnection(async (client) => {
      await client.query('create temp table session_state (n int)')
    })
    const first = await backendOf(database.client)
    const holder = await db.connect()
    await holder.query('select pg_advisory_lock(4712)')
    await database.client.query(`set lock_timeout = '50ms'`)
    const waiting = database.writeAll((tx) => sql`select from session_state`.execute(tx), {
      sharedLock: 4712,
    })
    // The first attempt has failed, and its connection is gone.
    await expect
      .poll(async () => await db.query('select from pg_stat_activity where pid = $1', [first]))
      .toHaveLength(0)
    await holder.end()

    expect((await waiting).rows).toEqual([])
    expect(await backendOf(database.client)).not.toBe(first)
  })

  it('has a new connection, prepared as the first, after one that was lost', async () => {
    const database = await open()
    await database.onEachConnection(async (client) => {
      await client.query('create temp table session_state (n int)')
    })
    await db.query('select pg_terminate_backend($1)', [await backendOf(database.client)])
    await database.writeAll((tx) => sql`insert into session_state values (1)`.execute(tx))
    let runs = 0
    await database.writeAll(async (tx) => {
      await sql`insert into session_state values (2)`.execute(tx)
      if (++runs === 1) await db.query('select pg_terminate_backend($1)', [await backendOf(database.client)])
      await sql`insert into session_state values (3)`.execute(tx)
    })
    expect((await database.client.query('select n from session_state order by n')).rows).toEqual([{ n: 2 }, { n: 3 }])
  })

  it('changes nothing in a unit that only reads', async () => {
    const tenant = await createTenant(db)
    const database = await open()
    const write = async () => await database.read(tenant, (tx) => insertSeries(tenant).execute(tx))
    await expect(write()).rejects.toThrow(/read-only/)
  })

  it('takes the lock that a unit asks for, shared, to its end', async () => {
    const database = await open()
    const held = await database.writeAll(
      () => db.query(`select mode from pg_locks where locktype = 'advisory' and objid = 4711`),
      { sharedLock: 4711 },
    )
    expect(held).toEqual([{ mode: 'ShareLock' }])
  })

  it('says that a database is not migrated, where its role is not there', async () => {
    await expect(open('penstock_nobody')).rejects.toThrow('not migrated: npm run migrate')
  })
})

describe('a tenant by its name', () => {
  it('is found with its limits and the room that is left, or not at all', async () => {
    const database = await open()
    await db.query(
      `insert into tenant (name, status, series_limit, series_count, ignored_labels) values ('full', 'suspended', 5, 4, '{a}')`,
    )
    expect(await findAdminTenant(database, 'full')).toMatchObject({
      name: 'full',
      seriesLimit: 5,
      ignoredLabels: ['a'],
      suspended: true,
      room: 1,
    })
    expect(await findAdminTenant(database, 'nobody')).toBeUndefined()
  })
})
