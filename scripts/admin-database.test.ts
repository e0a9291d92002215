import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTenant, createTestDatabase, type TestDatabase } from '../test/database.ts'
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

const insertSeries = (tenantId: number) => sql`
  insert into metric_series (tenant_id, service_name, metric_type, unit, labels, identity_sha256)
  values (${tenantId}, 's', 't', 'u', '{}', sha256(${String(Math.random())}::bytea))`

describe('the database of a person’s commands', () => {
  it('writes for one tenant at a time, as row security has it, though its user is a superuser', async () => {
    const [mine, theirs] = [await createTenant(db), await createTenant(db)]
    const database = await open()
    await database.inTenant(mine, async (tx) => await insertSeries(mine).execute(tx))
    await expect(database.inTenant(mine, async (tx) => await insertSeries(theirs).execute(tx))).rejects.toThrow(
      /row-level security/,
    )
    const seen = async (tenantId: number) =>
      await database.inTenant(
        tenantId,
        async (tx) => await tx.selectFrom('metric_series').select('tenant_id').execute(),
      )
    expect(await seen(mine)).toEqual([{ tenant_id: mine }])
    expect(await seen(theirs)).toEqual([])
    expect(
      await database.inTransaction(async (tx) => await tx.selectFrom('metric_series').selectAll().execute()),
    ).toEqual([])
  })

  it('comes back to its role when a unit gives up the owner’s', async () => {
    const partitions = roleOf('partitions')
    const database = await open(partitions)
    const roles = await database.inTransaction(async (tx) => {
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
      await database.inTransaction(async (tx) => {
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
      const result = await database.inTransaction(async (tx) => {
        runs++
        if (runs < 3) await sql.raw(`do $$ begin raise exception 'again' using errcode = '${code}'; end $$`).execute(tx)
        return runs
      })
      expect(result).toBe(3)
      await expect(database.inTransaction(async (tx) => await sql`select 1 / 0`.execute(tx))).rejects.toThrow(/zero/)
      expect(await database.inTransaction(async () => 'still there')).toBe('still there')
    },
  )

  it('changes nothing in a unit that only reads', async () => {
    const tenant = await createTenant(db)
    const database = await open()
    const write = async () =>
      await database.inTenant(tenant, async (tx) => await insertSeries(tenant).execute(tx), { readOnly: true })
    await expect(write()).rejects.toThrow(/read-only/)
  })

  it('takes the lock that a unit asks for, shared, to its end', async () => {
    const database = await open()
    const held = await database.inTransaction(
      async () => await db.query(`select mode from pg_locks where locktype = 'advisory' and objid = 4711`),
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
