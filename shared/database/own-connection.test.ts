import { createServer, type Server } from 'node:net'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../test/support/http/refusal.ts'
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { requestContext } from '../base/logger.ts'
import { type CopyTransaction, copyConnection } from './copy-connection.ts'
import { ownerConnection } from './owner-connection.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(async () => await db.drop())

const configOf = (url: string) => ({ url, ca: undefined, inCloud: false })
const copying = () => copyConnection('retention', configOf(db.urlOf('retention')))
const endOwnSession = async (copying: Pick<CopyTransaction, 'tx'>): Promise<void> => {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(copying.tx)
  await db.query('select pg_terminate_backend($1)', [rows[0]?.pid])
}

/** Copies some lines into a temporary table and answers how many came; `meanwhile` happens between two of them. */
const copyLines = (meanwhile: () => Promise<void>) => async (copying: CopyTransaction) => {
  await sql`create temp table lines (n int) on commit drop`.execute(copying.tx)
  await copying.copyIn(
    'copy lines (n) from stdin',
    (async function* () {
      yield Buffer.from('1\n'.repeat(100_000))
      await meanwhile()
      yield Buffer.from('2\n'.repeat(100_000))
    })(),
  )
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from lines`.execute(copying.tx)
  return rows[0]?.n
}

describe('a transaction that copies', () => {
  it('copies all of it, and leaves no session', async () => {
    expect(await copying()(copyLines(async () => {}))).toBe(200_000)
    await expect
      .poll(async () => await db.query(`select from pg_stat_activity where application_name like 'retention/% copy'`))
      .toEqual([])
  })

  it.each(['before a statement', 'inside COPY'])('is run again when its session is ended %s', async (where) => {
    let runs = 0
    const rows = await copying()(async (one) => {
      runs++
      if (runs === 1 && where === 'before a statement') await endOwnSession(one)
      const { rows: own } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(one.tx)
      const end = async () => void (await db.query('select pg_terminate_backend($1)', [own[0]?.pid]))
      return await copyLines(runs === 1 ? end : async () => {})(one)
    })
    expect([rows, runs]).toEqual([200_000, 2])
  })

  it('is answered 503 with Retry-After when the trouble does not pass', async () => {
    let runs = 0
    const problem = await refusal(
      copying()(async (one) => {
        runs++
        await endOwnSession(one)
        await sql`select 1`.execute(one.tx)
      }),
    )
    expect([problem.kind.status, problem.headers['retry-after']]).toEqual([503, '1'])
    expect(runs).toBe(6)
  })

  it('passes on what its bytes throw', async () => {
    const broken = copyLines(async () => await Promise.reject(new TypeError('no object')))
    await expect(copying()(broken)).rejects.toThrow('no object')
  })

  it('ends at the deadline of its request', async () => {
    const context = { requestId: 'r', deadline: Date.now() + 300 }
    const begun = Date.now()
    const problem = await refusal(
      requestContext.run(context, async () => {
        return await copying()(async ({ tx }) => await sql`select pg_sleep(30)`.execute(tx))
      }),
    )
    expect(problem.kind.status).toBe(503)
    expect(Date.now() - begun).toBeLessThan(3_000)
  })
})

describe('where nothing listens', () => {
  it('each connection of its own is answered 503', async () => {
    const url = new URL(db.urlOf('retention'))
    url.port = String(await portOfNobody())
    const config = configOf(url.href)
    const copied = await refusal(copyConnection('retention', config)(async () => 1))
    const owned = await refusal(ownerConnection('retention', config)(async () => 1))
    expect([copied.kind.status, owned.kind.status]).toEqual([503, 503])
  })
})

describe('the statements of the owner of months', () => {
  it('are run again when their session is ended, as the owner', async () => {
    let runs = 0
    const role = await ownerConnection(
      'retention',
      configOf(db.urlOf('retention')),
    )(async (owner) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(owner)
      if (++runs === 1) await db.query('select pg_terminate_backend($1)', [rows[0]?.pid])
      return (await sql<{ role: string }>`select current_user::text as role`.execute(owner)).rows[0]?.role
    })
    expect([role, runs]).toEqual(['penstock_months', 2])
  })
})

async function portOfNobody(): Promise<number> {
  const server: Server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
