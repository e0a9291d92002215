import { createServer, type Server } from 'node:net'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../test/support/http/refusal.ts'
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { requestContext } from '../base/logger.ts'
import { ownerConnection } from './owner-connection.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(async () => await db.drop())

const configOf = (url: string) => ({ url, ca: undefined, inCloud: false })
const owning = () => ownerConnection('retention', configOf(db.urlOf('retention')))
describe('the statements of the owner of months', () => {
  it('are run again when their session is ended, as the owner, and leave no session', async () => {
    let runs = 0
    const role = await owning()(async (owner) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(owner)
      if (++runs === 1) await db.query('select pg_terminate_backend($1)', [rows[0]?.pid])
      return (await sql<{ role: string }>`select current_user::text as role`.execute(owner)).rows[0]?.role
    })
    expect([role, runs]).toEqual(['penstock_months', 2])
    await expect
      .poll(async () => await db.query(`select from pg_stat_activity where application_name like 'retention/% owner'`))
      .toEqual([])
  })

  it('are answered 503 with Retry-After when the trouble does not pass', async () => {
    let runs = 0
    const problem = await refusal(
      owning()(async (owner) => {
        runs++
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(owner)
        await db.query('select pg_terminate_backend($1)', [rows[0]?.pid])
        await sql`select 1`.execute(owner)
      }),
    )
    expect([problem.kind.status, problem.headers['retry-after']]).toEqual([503, '1'])
    expect(runs).toBe(6)
  })

  it('pass on what the work throws', async () => {
    await expect(owning()(async () => await Promise.reject(new TypeError('no object')))).rejects.toThrow('no object')
  })

  it('end at the deadline of their request', async () => {
    const context = { requestId: 'r', deadline: Date.now() + 300 }
    const begun = Date.now()
    const problem = await refusal(
      requestContext.run(context, async () => {
        return await owning()(async (owner) => await sql`select pg_sleep(30)`.execute(owner))
      }),
    )
    expect(problem.kind.status).toBe(503)
    expect(Date.now() - begun).toBeLessThan(3_000)
  })

  it('are answered 503 where nothing listens', async () => {
    const url = new URL(db.urlOf('retention'))
    url.port = String(await portOfNobody())
    const problem = await refusal(ownerConnection('retention', configOf(url.href))(async () => 1))
    expect(problem.kind.status).toBe(503)
  })
})

async function portOfNobody(): Promise<number> {
  const server: Server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
