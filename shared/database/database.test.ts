import { createServer, connect as dial, type Server, type Socket } from 'node:net'
import { sql, type Transaction } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../test/support/http/refusal.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import type { Database } from '../schema/index.ts'
import { type DatabaseOverrides, openDatabase, type PenstockDatabase } from './database.ts'

let db: TestDatabase
const opened: PenstockDatabase[] = []
beforeAll(async () => {
  db = await createTestDatabase()
})
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close()
})
afterAll(async () => await db.drop())

const open = (
  name = 'metrics-ingest',
  url = db.urlOf(name),
  times: Partial<DatabaseOverrides> = {},
): PenstockDatabase => {
  const database = openDatabase(name, { url, ca: undefined, inCloud: false }, times)
  opened.push(database)
  return database
}
const backendOf = async (database: PenstockDatabase): Promise<number> =>
  await database.writeAll(async (tx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
    return rows[0]?.pid ?? 0
  })
/** Changes the defaults of new sessions of the role in this database only, because other test files use the role at the same time. */
const setOfRole = async (change: string) =>
  await db.query(`alter role penstock_metrics_ingest in database ${new URL(db.url).pathname.slice(1)} ${change}`)
const raise = async (tx: Transaction<Database>, code: string) =>
  await sql.raw(`do $$ begin raise exception 'raised' using errcode = '${code}'; end $$`).execute(tx)
/** A TCP proxy. `freeze` makes its present connections half-open: nothing passes any more, and no end is seen. */
async function proxyTo(url: string): Promise<{ url: string; cut: () => void; freeze: () => void; server: Server }> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  const frozen = new Set<Socket>()
  const proxy = {
    url: '',
    cut: () => sockets.forEach((socket) => socket.destroy()),
    freeze: () => sockets.forEach((socket) => frozen.add(socket)),
    server: undefined as unknown as Server,
  }
  proxy.server = createServer((inner) => {
    const outer = dial(Number(target.port), target.hostname)
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk) => (frozen.has(from) ? undefined : to.write(chunk)))
      from.on('close', () => to.destroy())
      from.on('error', () => to.destroy())
    }
  })
  await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve))
  const own = new URL(url)
  own.port = String((proxy.server.address() as { port: number }).port)
  proxy.url = own.href
  return proxy
}

describe('a unit of work', () => {
  it('is bound to its tenant, and the next one on the same connection is not', async () => {
    const database = open()
    const tenant = await createTenant(db)
    const seen = async () =>
      await database.writeAll(
        async (tx) =>
          (await sql<{ t: string }>`select current_setting('app.tenant_id', true) as t`.execute(tx)).rows[0]?.t,
      )
    const mine = await database.write(tenant, (tx) => tx.selectFrom('tenant').select('id').execute())
    expect(mine).toEqual([{ id: tenant }])
    expect(await seen()).toBe('')
    await expect(database.write(tenant, (tx) => sql`select 1/0`.execute(tx))).rejects.toThrow('division by zero')
    expect(await seen()).toBe('')
  })

  it('only reads when it says so', async () => {
    const database = open()
    const tenant = await createTenant(db)
    const write = database.read(tenant, (tx) => tx.updateTable('tenant').set({ series_count: 1 }).execute())
    expect((await refusal(write)).kind.status).toBe(503)
  })

  it('that shares a lock begins when the lock’s last holder has committed, and sees what that one wrote', async () => {
    const database = open()
    const tenant = await createTenant(db, 'locked')
    const name = async () =>
      await database.write(
        tenant,
        async (tx) => (await tx.selectFrom('tenant').select('name').executeTakeFirstOrThrow()).name,
        { sharedLock: 4_711 },
      )
    const holder = await db.connect()
    await holder.query('begin; select pg_advisory_xact_lock(4711)')
    const waiting = name()
    await expect
      .poll(
        async () => await db.query(`select from pg_locks where locktype = 'advisory' and objid = 4711 and not granted`),
      )
      .toHaveLength(1)
    await holder.query(`update tenant set name = 'renamed' where id = ${tenant}`)
    await holder.query('commit')
    await holder.end()

    expect(await waiting).toBe('renamed')
    expect(await db.query(`select from pg_locks where locktype = 'advisory' and objid = 4711`)).toEqual([])
  })

  it('that fails while it begins closes its connection: the next one on it would fail for ever', async () => {
    await setOfRole('set lock_timeout = 100')
    const holder = await db.connect()
    await holder.query('select pg_advisory_lock(4713)')
    try {
      const database = open('metrics-ingest', undefined, { poolSize: 1 })
      const first = await backendOf(database)
      const locked = async () => await database.writeAll(async () => 'done', { sharedLock: 4713 })
      expect((await refusal(locked())).kind.status).toBe(503)
      const second = await backendOf(database)
      expect(second).not.toBe(first)
      expect(await db.query('select from pg_stat_activity where pid = $1', [first])).toEqual([])
      await holder.query('select pg_advisory_unlock(4713)')
      expect(await locked()).toBe('done')
      expect(await backendOf(database)).toBe(second)
    } finally {
      await holder.end()
      await setOfRole('reset lock_timeout')
    }
  })

  it.each([
    ['the server', async (tx: Transaction<Database>) => await sql`select 1/0`.execute(tx)],
    ['a transient error', async (tx: Transaction<Database>) => await raise(tx, '40001')],
    ['the work itself', async () => await Promise.reject(new TypeError('a mistake of ours'))],
  ])('that was rolled back leaves its connection to the next one: failed by %s', async (_, fails) => {
    const database = open('metrics-ingest', undefined, { poolSize: 1 })
    const first = await backendOf(database)
    let runs = 0
    const unit = database.writeAll(async (tx) => (runs++ === 0 ? await fails(tx) : 'done'))
    await unit.catch(() => {})
    expect(await backendOf(database)).toBe(first)
  })

  it('is not acknowledged when it went on after a statement that failed', async () => {
    const database = open()
    const unit = database.writeAll(async (tx) => {
      await sql`select 1/0`.execute(tx).catch(() => {})
      return 'stored'
    })
    await expect(unit).rejects.toThrow(/rolled back/)
    expect(await backendOf(database)).toBeGreaterThan(0)
  })

  it('is run again after a transient failure, and not after another', async () => {
    const database = open()
    let runs = 0
    const answer = await database.writeAll(async (tx) => {
      runs++
      if (runs < 3) await sql`do $$ begin raise exception 'again' using errcode = '40001'; end $$`.execute(tx)
      return 'done'
    })
    expect([answer, runs]).toEqual(['done', 3])
    runs = 0
    const failing = database.writeAll(async (tx) => {
      runs++
      await sql`do $$ begin raise exception 'no' using errcode = '22000'; end $$`.execute(tx)
    })
    await expect(failing).rejects.toThrow('no')
    expect(runs).toBe(1)
  })

  it('answers 503 with Retry-After when the trouble does not pass', async () => {
    const database = open()
    const problem = await refusal(
      database.writeAll((tx) => sql`do $$ begin raise exception 'full' using errcode = '53100'; end $$`.execute(tx)),
    )
    expect([problem.kind.status, problem.headers['retry-after']]).toEqual([503, '1'])
    expect(problem.detail).not.toContain('full')
  })

  it('survives the end of its backend before, between and inside units', async () => {
    const database = open()
    const first = await backendOf(database)
    await db.query('select pg_terminate_backend($1)', [first])
    const second = await backendOf(database)
    expect(second).not.toBe(first)
    let runs = 0
    const third = await database.writeAll(async (tx) => {
      runs++
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
      if (runs === 1) await db.query('select pg_terminate_backend($1)', [rows[0]?.pid])
      await sql`select 1`.execute(tx)
      return rows[0]?.pid
    })
    expect(runs).toBe(2)
    expect(third).not.toBe(second)
  })

  it('ends at its deadline when the server no longer answers', async () => {
    const proxy = await proxyTo(db.urlOf('metrics-ingest'))
    const database = open('metrics-ingest', proxy.url)
    await backendOf(database)
    proxy.freeze()
    const begun = Date.now()
    const problem = await refusal(database.writeAll((tx) => sql`select 1`.execute(tx), { deadline: Date.now() + 300 }))
    expect(problem.kind.status).toBe(503)
    expect(Date.now() - begun).toBeLessThan(2_000)
    proxy.cut()
    proxy.server.close()
  })
})

describe('the pool', () => {
  it('opens no more connections than the budget gives, and refuses past the wait', async () => {
    const database = open('metrics-ingest', undefined, { acquireTimeoutMs: 200 })
    const gate = Promise.withResolvers<void>()
    const held = [0, 1].map(async () => await database.writeAll(() => gate.promise))
    const problem = await refusal(database.writeAll(async () => 'too many'))
    expect([problem.kind.status, problem.headers['retry-after']]).toEqual([503, '1'])
    const rows = await db.query<{ n: string }>(
      `select count(*) as n from pg_stat_activity where datname = current_database() and usename = 'penstock_metrics_ingest'`,
    )
    expect(rows[0]?.n).toBe('2')
    gate.resolve()
    await Promise.all(held)
  })

  it('tests a connection that was idle long by the wall clock, and replaces an old one', async () => {
    let clock = Date.now()
    const database = open('metrics-ingest', undefined, { now: () => clock })
    const first = await backendOf(database)
    clock += 59_000
    expect(await backendOf(database)).toBe(first)
    clock += 61_000
    expect(await backendOf(database)).toBe(first)
    clock += 601_000
    expect(await backendOf(database)).not.toBe(first)
  })

  it('replaces a connection that died while nobody looked, without the caller noticing', async () => {
    let clock = Date.now()
    const proxy = await proxyTo(db.urlOf('metrics-ingest'))
    const database = open('metrics-ingest', proxy.url, { now: () => clock })
    await backendOf(database)
    proxy.freeze()
    clock += 120_000
    expect(await backendOf(database)).toBeGreaterThan(0)
    proxy.cut()
    proxy.server.close()
  })

  it('waits out a refusal for too many connections', async () => {
    await db.query('alter role penstock_metrics_query connection limit 0')
    try {
      const database = open('metrics-query')
      const answer = backendOf(database)
      setTimeout(() => void db.query('alter role penstock_metrics_query connection limit 100'), 300)
      expect(await answer).toBeGreaterThan(0)
    } finally {
      await db.query('alter role penstock_metrics_query connection limit 100')
    }
  })

  it('answers 503 while nothing listens, and recovers by itself', async () => {
    const target = new URL(db.urlOf('metrics-ingest'))
    const port = target.port
    const proxy = await proxyTo(target.href)
    const url = proxy.url
    await new Promise((resolve) => proxy.server.close(resolve))
    const database = open('metrics-ingest', url, { acquireTimeoutMs: 300 })
    expect((await refusal(backendOf(database))).kind.status).toBe(503)
    expect(await database.isHealthy()).toBe(false)
    const again = createServer((inner) => {
      const outer = dial(Number(port), target.hostname)
      inner.pipe(outer).pipe(inner)
      inner.on('error', () => outer.destroy())
      outer.on('error', () => inner.destroy())
    })
    await new Promise<void>((resolve) => again.listen(Number(new URL(url).port), '127.0.0.1', resolve))
    await expect.poll(async () => await backendOf(database).catch(() => 0), { timeout: 10_000 }).toBeGreaterThan(0)
    await database.close()
    again.close()
  })

  it('is not healthy for 10 s after the database refused a write for want of room, whatever it answers', async () => {
    let clock = Date.now()
    const database = open('metrics-ingest', undefined, { now: () => clock })
    expect(await database.isHealthy()).toBe(true)
    await refusal(database.writeAll((tx) => raise(tx, '53100')))
    expect(await database.isHealthy()).toBe(false)
    clock += 10_001
    expect(await database.isHealthy()).toBe(true)
    await refusal(database.writeAll((tx) => raise(tx, '53200')))
    clock += 2_001
    expect(await database.isHealthy()).toBe(true)
  })

  it('says so while all its connections are lent, too', async () => {
    const database = open('metrics-ingest', undefined, { poolSize: 2 })
    const gate = Promise.withResolvers<void>()
    const held = database.writeAll(() => gate.promise)
    await refusal(database.writeAll((tx) => raise(tx, '53100')))
    const also = database.writeAll(() => gate.promise)
    expect(await database.isHealthy()).toBe(false)
    gate.resolve()
    await Promise.all([held, also])
  })

  it('is not healthy when the server cannot write to its disk', async () => {
    const database = open()
    await setOfRole('set temp_file_limit = 0')
    try {
      expect(await database.isHealthy()).toBe(false)
    } finally {
      await setOfRole('reset temp_file_limit')
    }
  })

  it('is asked anew for its health when the clock was set back', async () => {
    let clock = Date.now()
    const database = open('metrics-ingest', undefined, { now: () => clock })
    expect(await database.isHealthy()).toBe(true)
    await database.close()
    expect(await database.isHealthy()).toBe(true)
    clock -= 3_600_000
    expect(await database.isHealthy()).toBe(false)
  })

  it('closes after the units in flight are done, and refuses new ones', async () => {
    const database = open()
    const gate = Promise.withResolvers<void>()
    const unit = database.writeAll(async () => {
      await gate.promise
      return 'finished'
    })
    await expect.poll(async () => await database.isHealthy()).toBe(true)
    const closing = database.close()
    expect((await refusal(database.writeAll(async () => 1))).kind.status).toBe(503)
    gate.resolve()
    expect(await unit).toBe('finished')
    await closing
  })
})

describe('the first connection', () => {
  const refusedWith = async (database: PenstockDatabase, pattern: RegExp) => {
    const problem = await refusal(backendOf(database))
    expect(problem.kind.status).toBe(503)
    expect(String((problem.cause as Error).message)).toMatch(pattern)
  }

  it('refuses a superuser', async () => await refusedWith(open('metrics-ingest', db.url), /not bound by row security/))

  it('refuses an owner of tables', async () => {
    const own = await createTestDatabase()
    await own.query('alter table metric_log owner to penstock_metrics_ingest')
    await refusedWith(open('metrics-ingest', own.urlOf('metrics-ingest')), /owns metric_log/)
    await own.drop()
  })

  it('refuses a database in which row security is not forced, and works when that is mended', async () => {
    const own = await createTestDatabase()
    await own.query('alter table metric_series no force row level security')
    const database = open('metrics-ingest', own.urlOf('metrics-ingest'))
    await refusedWith(database, /not forced on metric_series/)
    await own.query('alter table metric_series force row level security')
    expect(await backendOf(database)).toBeGreaterThan(0)
    await database.close()
    await own.drop()
  })

  it('refuses a schema that is older than the code', async () => {
    const own = await createTestDatabase()
    await own.query('delete from schema_migration')
    await refusedWith(open('metrics-ingest', own.urlOf('metrics-ingest')), /schema is older/)
    await own.drop()
  })
})
