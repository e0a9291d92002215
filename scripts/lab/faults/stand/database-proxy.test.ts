import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres/database.ts'
import { seededRandom } from '../../random.ts'
import { type DatabaseProxy, startDatabaseProxy } from './database-proxy.ts'

let db: TestDatabase
let proxy: DatabaseProxy
let client: Client

beforeAll(async () => {
  db = await createTestDatabase()
  await db.query('create table written (value int)')
})

afterAll(async () => await db.drop())

beforeEach(async () => {
  await db.query('truncate written')
  proxy = await startDatabaseProxy({ random: seededRandom('1 test') }, Number(new URL(db.url).port))
  const url = new URL(db.url)
  url.port = String(proxy.port)
  client = new Client({ connectionString: url.href })
  client.on('error', () => {})
  await client.connect()
})

afterEach(async () => {
  await proxy.close()
})

async function insertAndCommit(): Promise<void> {
  await client.query('begin')
  await client.query('insert into written values ($1)', [1])
  await client.query('commit')
}

const written = async (): Promise<number> => (await db.query('select from written')).length

describe('a proxy before the server', () => {
  it('lets everything pass where there is no trouble', async () => {
    await insertAndCommit()
    const { rows } = await client.query('select repeat($1, 100000) as text', ['x'])
    expect(rows[0]?.text).toHaveLength(100_000)
    expect([await written(), proxy.cuts()]).toEqual([1, 0])
  })

  it('cuts a commit whose answer is lost: it is stored, and its client does not know', async () => {
    proxy.trouble.cutAfterCommit = 1
    await expect(insertAndCommit()).rejects.toThrow()
    expect([await written(), proxy.cuts()]).toEqual([1, 1])
  })

  it('cuts a commit that the server never hears of: it is not stored', async () => {
    proxy.trouble.cutBeforeCommit = 1
    await expect(insertAndCommit()).rejects.toThrow()
    expect([await written(), proxy.cuts()]).toEqual([0, 1])
  })

  it('does not take the rollback of a failed transaction for a commit', async () => {
    proxy.trouble.cutAfterCommit = 1
    await client.query('begin')
    await expect(client.query('select 1 / 0')).rejects.toThrow(/division/)
    await expect(client.query('commit')).resolves.toMatchObject({ command: 'ROLLBACK' })
    expect(proxy.cuts()).toBe(0)
  })

  it('makes every answer late, in order', async () => {
    proxy.trouble.delayMs = 120
    const begun = performance.now()
    await client.query('select generate_series(1, 1000)')
    expect(performance.now() - begun).toBeGreaterThanOrEqual(119)
    expect(performance.now() - begun).toBeLessThan(2_000)
  })

  it('goes silent: the client hears nothing, and the server has nobody left', async () => {
    const [{ pid } = { pid: 0 }] = (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows
    let ended = false
    client.once('end', () => {
      ended = true
    })
    proxy.silence()

    await expect.poll(() => db.query('select from pg_stat_activity where pid = $1', [pid])).toEqual([])
    const answer = client.query('select 1').catch(() => {})
    await expect(Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 300, 'silence'))])).resolves.toBe(
      'silence',
    )
    expect(ended).toBe(false)
  })
})
