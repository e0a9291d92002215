// The reports of instances about themselves, with a real database and a real process.
import { once } from 'node:events'
import { busy } from '@penstock/shared/base/problem.ts'
import { countInstance } from '@penstock/shared/report/instance-counters.ts'
import { openInstanceReport } from '@penstock/shared/report/instance-report.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../scripts/database/postgres.ts'
import { roleOf } from '../scripts/database/roles.ts'
import { functionSettings } from '../scripts/lab/stand/lab-function.ts'
import { accepts, spawnFunction } from '../scripts/local/function-process.ts'
import { checksumKey } from './support/http/api-keys.ts'
import { createTenant, createTestDatabase, type TestDatabase } from './support/postgres/database.ts'
import { everyDeployment } from './support/postgres/every-deployment.ts'

interface Row {
  readonly function: string
  readonly instance: string
  readonly revision: string
  readonly report: ReturnType<ReturnType<typeof countInstance>['report']>
}

let db: TestDatabase
beforeAll(async () => void (db = await createTestDatabase()))
afterAll(async () => await db.drop())
beforeEach(async () => void (await db.query('delete from instance_report')))

const rows = async (): Promise<Row[]> =>
  await db.query<Row & Record<string, unknown>>('select * from instance_report order by instance')
const instance = '11111111-0000-4000-8000-000000000001'
const served = { route: 'GET /a', status: 200, ms: 1, tenantId: 1, bytesIn: 0, bytesOut: 5 }

/** A report of an instance whose clock the test moves. */
function open(functionName = 'feedback') {
  const clock = { ms: Date.now() }
  const counters = countInstance()
  const database = db.openAs(functionName, { counters, poolSize: 1, concurrency: 8 })
  const identity = { function: functionName, instance, revision: 'r1' }
  const now = () => clock.ms
  const deps = { db: database, counters, now, identity, intervalMs: 60_000 }
  return { report: openInstanceReport(deps), counters, database, clock, deps }
}

describe('a report', () => {
  it('is written by the first request that ends after the minute, and holds cumulative counters', async () => {
    const { report, clock, database } = open()
    await database.readAll(
      async (tx) => await tx.selectFrom('tenant').select('id').where('name', '=', 'mine').execute(),
    )
    clock.ms += 59_999
    await report.requestEnded(served)
    expect(await rows()).toEqual([])
    clock.ms += 1
    await report.requestEnded(served)
    const [row] = await rows()
    expect(row).toMatchObject({ function: 'feedback', instance, revision: 'r1' })
    expect(row?.report).toMatchObject({
      pool: { max: 1, lent: 0, idle: 1, waiting: 0 },
      routes: { 'GET /a': { '2xx': 2 } },
      tenants: { '1': { requests: 2, bytes_out: 10 } },
    })
    const texts = row?.report.top_statements.map(({ text }) => text)
    expect(texts).toContain('select "id" from "tenant" where "name" = $1')
    expect(JSON.stringify(row?.report)).not.toContain('mine')

    await report.requestEnded(served)
    clock.ms += 60_000
    await report.requestEnded(served)
    expect((await rows()).map((one) => one.report.routes)).toEqual([{ 'GET /a': { '2xx': 4 } }])
  })

  it('counts the attempts to connect that failed', async () => {
    const { report, database, clock } = open('backfill')
    await db.query('alter role penstock_backfill connection limit 0')
    const deadline = Date.now() + 300
    await expect(database.readAll(async () => 1, { deadline })).rejects.toMatchObject({ kind: { status: 503 } })
    await db.query('alter role penstock_backfill connection limit -1')
    await database.readAll(async () => 1)
    clock.ms += 60_000
    await report.requestEnded(served)
    const [row] = await rows()
    expect(row?.report.pool?.failed_connections).toBeGreaterThanOrEqual(1)
  })

  it('is written once by requests that end together', async () => {
    const { deps, clock, counters } = open()
    let writes = 0
    const counted = {
      writeAll: async (...args: Parameters<typeof deps.db.writeAll>) => {
        writes++
        return await deps.db.writeAll(...args)
      },
    } as typeof deps.db
    const report = openInstanceReport({ ...deps, counters, db: counted })
    clock.ms += 60_000
    await Promise.all(
      Array.from({ length: 20 }, async () => await report.requestEnded({ ...served, route: undefined })),
    )
    // The pool has no idle connection yet, so the report waits for at most one more interval.
    clock.ms += 60_000
    await Promise.all(Array.from({ length: 20 }, async () => await report.requestEnded(served)))
    expect(writes).toBe(1)
  })

  it.each([503, 429])('is not written by a request that failed with %d', async (status) => {
    const { report, clock } = open()
    clock.ms += 180_000
    await report.requestEnded({ ...served, status })
    expect(await rows()).toEqual([])
    await report.requestEnded(served)
    expect(await rows()).toHaveLength(1)
  })

  it('that fails neither throws nor is tried again within the minute', async () => {
    const { deps, clock } = open()
    let writes = 0
    const failing = {
      writeAll: async () => {
        writes++
        throw busy('The database is unavailable.')
      },
    }
    const report = openInstanceReport({ ...deps, db: failing })
    clock.ms += 180_000
    for (let i = 0; i < 3; i++) await report.requestEnded(served)
    expect(writes).toBe(1)
    await expect(report.writeLast()).resolves.toBeUndefined()
  })

  it('leaves out statements until it fits into 64 KiB', async () => {
    const { report, counters, clock } = open()
    for (let i = 0; i < 50; i++)
      for (let j = 0; j < 140; j++) counters.statement(`select a${i} ${'é'.repeat(500)}`, 0.1 * 1.1 ** (j + 0.5))
    for (let tenantId = 0; tenantId < 200; tenantId++) counters.request({ ...served, tenantId })
    clock.ms += 180_000
    await report.requestEnded(served)
    const [row] = await rows()
    expect(row?.report.top_statements.length).toBeGreaterThan(5)
    expect(Object.keys(row?.report.tenants ?? {})).toHaveLength(200)
  })

  it('deletes reports of its function that are older than 7 days', async () => {
    const old = async (name: string, age: string) =>
      await db.query(
        `insert into instance_report values ($1, gen_random_uuid(), 'r', now(), now() - $2::interval, '{}')`,
        [name, age],
      )
    await old('feedback', '7 days 1 minute')
    await old('feedback', '6 days 23 hours')
    await old('backfill', '8 days')
    const { report, clock } = open()
    clock.ms += 180_000
    await report.requestEnded(served)
    expect((await rows()).map((row) => row.function).toSorted()).toEqual(['backfill', 'feedback', 'feedback'])
  })
})

describe('every deployment', () => {
  const names = Object.entries(everyDeployment.tiers.large.deployments).flatMap(([name, { pool }]) =>
    pool > 0 ? [name] : [],
  )
  it.each(names)('may write its report: %s', async (name) => {
    const { report, clock } = open(name)
    clock.ms += 180_000
    await report.requestEnded(served)
    expect((await rows()).map((row) => row.function)).toEqual([name])
  })

  it('has no further privilege on the table', async () => {
    const found = await db.query(
      `select distinct privilege_type as privilege, grantee from information_schema.column_privileges
       where table_name = 'instance_report' and column_name = 'function' and grantee = $1 order by 1`,
      [roleOf('feedback')],
    )
    expect(found.map(({ privilege }) => privilege)).toEqual(['INSERT', 'SELECT'])
  })
})

describe('an instance', () => {
  it('reports what it did before it ends with SIGTERM', { timeout: 60_000 }, async () => {
    await createTenant(db, 'default')
    const nowhere = 'http://127.0.0.1:1'
    const settings = functionSettings('feedback', {
      databaseUrl: db.urlOf('feedback'),
      issuer: { issuer: nowhere, jwksUrl: `${nowhere}/certs` },
      keys: { cursor: '01'.repeat(32), pointId: '02'.repeat(16), checksum: checksumKey.toString('hex') },
      open: true,
      own: { PATH: process.env['PATH'] },
    })
    const port = await freePort()
    const log = { write: () => {}, lastError: () => '', close: async () => {} }
    const environment = { ...settings.environment, REPORT_SECONDS: '3600', K_REVISION: 'feedback-00007' }
    const child = spawnFunction({ log, show: () => {} }, { ...settings, environment }, port)
    try {
      await accepts(child, port, log)
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/feedback/stats?insight_id=a`)
      expect([response.status < 500, await rows()]).toEqual([true, []])
      child.kill('SIGTERM')
      await once(child, 'exit')
    } finally {
      child.kill('SIGKILL')
    }
    const [row] = await rows()
    expect(row).toMatchObject({ function: 'feedback', revision: 'feedback-00007' })
    expect(Object.values(row?.report.routes ?? {})).toHaveLength(1)
  })
})
