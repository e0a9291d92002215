// A login that changes its own password or settings: found by the job, set back, its sessions ended; on a server of its own.
import { randomBytes } from 'node:crypto'
import { logger } from '@penstock/shared/base/logger.ts'
import { saltReader } from '@penstock/shared/database/connection.ts'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import { openDatabase, type PenstockDatabase } from '@penstock/shared/database/database.ts'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { watchRoles } from '../functions/partitions/roles.ts'
import {
  createIamReader,
  createReader,
  dropReader,
  listReaders,
  type ReaderDeps,
} from '../scripts/database/keys/readers.ts'
import { migrate } from '../scripts/database/migrate.ts'
import { makeLive } from './support/points/points.ts'
import { addPoints, addSeries } from './support/points/stored-series.ts'
import { createServerOfItsOwn, createTenant, type TestDatabase } from './support/postgres/database.ts'
import { everyDeployment } from './support/postgres/every-deployment.ts'

const IAM = 'grafana@project.iam'
const passwords = { partitions: 'of-partitions', backfill: 'of-backfill' }

let db: TestDatabase
let admin: Client
let readers: ReaderDeps
let functions: PenstockDatabase
let login: string
let password: string
let mine: number
const events: unknown[][] = []

const urlAs = (user: string, secret: string): string => {
  const url = new URL(db.url)
  Object.assign(url, { username: encodeURIComponent(user), password: secret })
  return url.href
}
const logIn = async (user: string, secret: string): Promise<Client> => {
  const client = new Client({ connectionString: urlAs(user, secret) })
  client.on('error', () => {})
  await client.connect()
  return client
}
const watch = async () => {
  const config = { url: urlAs('penstock_partitions', passwords.partitions), ca: undefined, inCloud: false }
  return await watchRoles({ db: functions, readSalt: saltReader(config, { connectTimeoutMs: 5_000, now: Date.now }) })
}
const settingsOf = async (role: string) =>
  (
    await db.query<{ setting: string }>(
      'select unnest(setconfig) as setting from pg_db_role_setting where setrole = $1::regrole order by 1',
      [`"${role}"`],
    )
  ).map(({ setting }) => setting)

beforeAll(async () => {
  db = await createServerOfItsOwn()
  await migrate({ url: db.url, tier: 'large', budget: everyDeployment, passwords })
  await makeLive(db, '2026-11-01')
  mine = await createTenant(db, 'mine')
  await addPoints(db, mine, await addSeries(db, mine), [[Date.parse('2026-11-10T00:00:00Z') * 1000, 1]])
  const theirs = await createTenant(db, 'theirs')
  await addPoints(db, theirs, await addSeries(db, theirs), [[Date.parse('2026-11-10T00:00:00Z') * 1000, 2]])
  admin = await db.connect()
  await admin.query(`create role "${IAM}" login password 'token'`)
  readers = { client: admin, budget, tier: 'large', randomBytes }
  const url = urlAs('penstock_partitions', passwords.partitions)
  functions = openDatabase('partitions', { url, ca: undefined, inCloud: false })
})
beforeEach(async () => {
  events.length = 0
  ;({ login, password } = await createReader(readers, { tenant: 'mine', connections: 2 }))
  vi.spyOn(logger, 'error').mockImplementation((...line: unknown[]) => void events.push(line))
})
afterEach(() => void vi.restoreAllMocks())
afterAll(async () => {
  await functions.close()
  await admin.end()
  await db.drop()
})

/** Asks for the points of every series. */
const POINTS = `select p.value from metric_series s, metric_points(s.id, '2026-11-01', '2026-12-01') p`

describe('a login that is as it was made', () => {
  it('is left alone, with its sessions', async () => {
    const reader = await logIn(login, password)
    expect(await watch()).toEqual([])
    expect((await reader.query(POINTS)).rows).toEqual([{ value: 1 }])
    await reader.end()
    await (await logIn(login, password)).end()
    expect(events).toEqual([])
  })

  it('has a password that never reached the server in clear', async () => {
    const [row] = await db.query<{ verifier: string; same: boolean }>(
      'select b.verifier, b.verifier = a.rolpassword as same from role_baseline b join pg_authid a on a.rolname = b.role where b.role = $1',
      [login],
    )
    expect(row).toMatchObject({ same: true, verifier: expect.stringMatching(/^SCRAM-SHA-256\$4096:/) })
  })
})

describe('a login that changed itself', () => {
  it('has its old password and settings again, and no session, and is reported', async () => {
    const before = await settingsOf(login)
    const reader = await logIn(login, password)
    await reader.query(
      `begin read write; alter role current_user password 'viewer-owned'; alter role current_user set statement_timeout = '0';
       alter role current_user set default_transaction_read_only = 'off'; alter role current_user in database penstock set work_mem = '1GB';
       alter role current_user set search_path = 'nowhere'; commit`,
    )
    await expect(logIn(login, password)).rejects.toThrow(/password authentication failed/)
    const taken = await logIn(login, 'viewer-owned')

    const detail = 'its settings and password had been changed and were restored; sessions ended: 2'
    expect(await watch()).toEqual([{ code: 'role_changed', table: login, detail }])

    expect(events).toEqual([
      [{ role: login, changed: ['settings', 'password'], sessions: 2 }, 'partitions.role_changed'],
    ])
    await expect(taken.query('select 1')).rejects.toThrow(/terminat|not queryable/i)
    await expect(logIn(login, 'viewer-owned')).rejects.toThrow(/password authentication failed/)
    expect(await settingsOf(login)).toEqual(before)
    const again = await logIn(login, password)
    expect((await again.query('show statement_timeout')).rows).toEqual([{ statement_timeout: '15s' }])
    await again.end()
    expect(await watch()).toEqual([])
  })

  it('has its old password again even where it kept the salt, which nothing shows', async () => {
    const [row] = await db.query<{ salt: string }>('select salt from role_salts() where role = $1', [login])
    const theirs = `SCRAM-SHA-256$4096:${row?.salt}$${randomBytes(32).toString('base64')}:${randomBytes(32).toString('base64')}`
    const reader = await logIn(login, password)
    await reader.query(`begin read write; alter role current_user password '${theirs}'; commit`)
    await reader.end()
    await expect(logIn(login, password)).rejects.toThrow(/password authentication failed/)
    expect(await watch()).toEqual([])
    await (await logIn(login, password)).end()
  })

  it('may be a function', async () => {
    const backfill = await logIn('penstock_backfill', passwords.backfill)
    await backfill.query('alter role current_user set default_transaction_read_only = on')
    await backfill.query(`alter role current_user password null`)
    expect((await watch()).map(({ table }) => table)).toEqual(['penstock_backfill'])
    const again = await logIn('penstock_backfill', passwords.backfill)
    expect((await again.query('show default_transaction_read_only')).rows).toEqual([
      { default_transaction_read_only: 'off' },
    ])
    await again.end()
  })

  it('may be the one that watches, whose own session goes on', async () => {
    await db.query(`alter role penstock_partitions set work_mem = '1GB'`)
    expect((await watch()).map(({ table }) => table)).toEqual(['penstock_partitions'])
    expect(await watch()).toEqual([])
  })

  it('is left to whoever makes logins while that goes on', async () => {
    await db.query(`alter role ${login} set work_mem = '1GB'`)
    await admin.query('select pg_advisory_lock(7301000)')
    expect(await watch()).toEqual([])
    await admin.query('select pg_advisory_unlock(7301000)')
    expect(await watch()).toHaveLength(1)
  })
})

describe('the functions that set logins back', () => {
  it('belong to a role that nobody is, and only partitions may call them', async () => {
    expect(
      await db.query(`select rolcanlogin, rolcreaterole, rolsuper from pg_roles where rolname = 'penstock_warden'`),
    ).toEqual([{ rolcanlogin: false, rolcreaterole: true, rolsuper: false }])
    await watch()
    const stray = await db.query(
      `select m.rolname from pg_auth_members a join pg_roles m on m.oid = a.member
       where a.roleid = 'penstock_warden'::regrole and not m.rolsuper
       union all select r.rolname from pg_auth_members a join pg_roles r on r.oid = a.roleid where a.member = 'penstock_warden'::regrole`,
    )
    expect(stray).toEqual([])
    for (const [user, secret] of [
      [login, password],
      ['penstock_backfill', passwords.backfill],
    ] as const) {
      const client = await logIn(user, secret)
      for (const call of [
        'select * from role_salts()',
        `select * from restore_roles('{}')`,
        'select * from role_baseline',
      ])
        await expect(client.query(call)).rejects.toThrow(/permission denied/)
      await client.end()
    }
    await expect(
      functions.writeAll((tx) =>
        tx
          .selectFrom('role_baseline' as never)
          .selectAll()
          .execute(),
      ),
    ).rejects.toThrow()
  })
})

describe('an IAM user that reads', () => {
  it('reads one tenant, whatever its session sets, and is watched like the others', async () => {
    await createIamReader(readers, { tenant: 'mine', connections: 1 }, IAM)
    const client = await logIn(IAM, 'token')
    for (const attempt of ['select 1', 'set app.tenant_id = 2', `set role penstock_reader`, 'reset role']) {
      await client.query(attempt)
      expect([attempt, (await client.query(POINTS)).rows]).toEqual([attempt, [{ value: 1 }]])
    }
    expect((await client.query('show work_mem')).rows).toEqual([{ work_mem: '8MB' }])
    await expect(client.query('select * from api_key')).rejects.toThrow(/permission denied/)
    expect(await listReaders(admin)).toEqual(
      expect.arrayContaining([expect.objectContaining({ login: IAM, tenant: 'mine', connections: 1, open: 1 })]),
    )
    await client.query(`begin read write; alter role current_user set statement_timeout = '0'; commit`)
    expect((await watch()).map(({ table }) => table)).toEqual([IAM])
    await expect(client.query('select 1')).rejects.toThrow(/terminat|not queryable/i)

    expect(await dropReader(admin, 'mine')).toBe(login)
    const left = await logIn(IAM, 'token')
    await expect(left.query(POINTS)).rejects.toThrow(/permission denied/)
    await left.end()
    expect(await settingsOf(IAM)).toEqual([])
  })

  it.each([
    ['nobody@project.iam', 'has no IAM user nobody@project.iam'],
    ['penstock_admin_user', 'may change roles'],
    ['penstock_function_user', 'already acts as penstock_backfill'],
  ])('is a user of its own: %s', async (user, says) => {
    await admin.query(
      `do $$ begin
         if to_regrole('penstock_admin_user') is null then
           create role penstock_admin_user createrole; create role penstock_function_user in role penstock_backfill;
         end if;
       end $$`,
    )
    await expect(createIamReader(readers, { tenant: 'mine', connections: 1 }, user)).rejects.toThrow(says)
  })

  it('that reads two tenants reads none', async () => {
    await createIamReader(readers, { tenant: 'mine', connections: 1 }, IAM)
    await createReader(readers, { tenant: 'theirs', connections: 1 })
    await admin.query(`grant penstock_reader_${mine + 1} to "${IAM}"`)
    const client = await logIn(IAM, 'token')
    expect((await client.query(POINTS)).rows).toEqual([])
    await client.end()
    await admin.query(`revoke penstock_reader_${mine + 1} from "${IAM}"`)
  })
})
