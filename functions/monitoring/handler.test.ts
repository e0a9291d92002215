// The questions about a real server, with a role that is a member of pg_monitor and no superuser.
import { roleOf } from '@penstock/shared/database/connection-budget.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { countInstance } from '@penstock/shared/report/instance-counters.ts'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeLive } from '../../test/support/points/points.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import type { MonitoringDeps } from './deps.ts'
import {
  readConnections,
  readIndexes,
  readLocks,
  readPool,
  readQueries,
  readReplication,
  readSuite,
  readTables,
  scraper,
} from './handler.ts'
import { expose } from './outlets/exposition.ts'

let db: TestDatabase
let own: PenstockDatabase
let deps: MonitoringDeps

beforeAll(async () => {
  db = await createTestDatabase()
  await createTenant(db, 'default')
  await makeLive(db, '2026-11-01')
  own = db.openAs('monitoring')
  deps = { db: own, now: Date.now, platform: { tier: 'standard' } }
})
afterAll(async () => await db.drop())

/** Stores the report of an instance that ran a statement for each duration. */
async function report(instance: string, ms: readonly number[], name = 'feedback'): Promise<void> {
  const counters = countInstance()
  for (const duration of ms) {
    counters.statement(`select 'secret' from t`, duration)
    counters.request({ route: 'GET /a', status: 200, ms: duration, tenantId: 1, bytesIn: 0, bytesOut: 0 })
  }
  await db.query(
    `insert into instance_report values ($1, $2, 'r', now() - interval '1 minute', now(), $3)
     on conflict (function, instance) do update set report = excluded.report, reported_at = now()`,
    [name, `11111111-0000-4000-8000-${instance.padStart(12, '0')}`, JSON.stringify(counters.report())],
  )
}

describe('the pool', () => {
  it('has the connections that pg_stat_activity has, role by role, while they come and go', async () => {
    const feedback = db.openAs('feedback', { poolSize: 4, concurrency: 16 })
    const counted = async () => {
      const rows = await db.query<{ role: string; n: number }>(
        `select usename::text as role, count(*)::int as n from pg_stat_activity where backend_type = 'client backend' group by 1`,
      )
      return new Map(rows.map(({ role, n }) => [role, n]))
    }
    let compared = 0
    const load = Promise.all(
      Array.from(
        { length: 12 },
        async (_, i) => await feedback.readAll(async (tx) => await sql`select pg_sleep(${0.1 + i / 40})`.execute(tx)),
      ),
    )
    for (let i = 0; i < 12; i++) {
      const before = await counted()
      const pool = await readPool(deps)
      const after = await counted()
      expect(pool.checked_in + pool.checked_out).toBe(pool.total_connections)
      expect(pool.functions.reduce((all, row) => all + row.connections, 0)).toBe(pool.total_connections)
      for (const row of pool.functions) {
        const [was, is] = [before.get(row.role) ?? 0, after.get(row.role) ?? 0]
        expect(row.active + row.idle + row.idle_in_transaction).toBeLessThanOrEqual(row.connections)
        if (was !== is) continue
        expect([row.role, row.connections]).toEqual([row.role, is])
        if (is > 0) compared++
      }
    }
    await load
    expect(compared).toBeGreaterThan(12)
    const row = (await readPool(deps)).functions.find((it) => it.function === 'feedback')
    expect(row).toMatchObject({ slices: ['feedback'], role: roleOf('feedback') })
    expect(row?.connections).toBeGreaterThanOrEqual(4)
  })

  it('shows an instance by its report, and calls it silent after 5 minutes', async () => {
    await report('5', [1])
    await db.query(
      `update instance_report set reported_at = now() - interval '5 minutes 1 second' where instance::text like '%5'`,
    )
    await report('6', [1])
    const instances = (await readPool(deps)).instances
    const found = (end: string) => instances.find(({ instance }) => instance.endsWith(end))
    expect([found('5')?.silent, found('6')?.silent, found('6')?.slices]).toEqual([true, false, ['feedback']])
    await db.query('delete from instance_report')
  })

  it('shows the roles against their limits, and who else is connected', async () => {
    const { used, max_connections, roles, others } = await readConnections(deps)
    const all = [...roles, ...others].reduce((sum, row) => sum + row.used, 0)
    expect([all, used <= max_connections, others.some(({ role }) => role === 'postgres')]).toEqual([used, true, true])
    const monitoring = roles.find((row) => row.function === 'monitoring')
    expect(monitoring?.longest_transaction_s).toBeGreaterThanOrEqual(0)
  })
})

describe('queries', () => {
  it('without a statement are zeros and nulls', async () => {
    const { p50_query_time, total_queries, slow_query_percentage, average_query_time, top_statements } =
      await readQueries(deps, { window: '5m', limit: 20 })
    expect([p50_query_time, total_queries, slow_query_percentage, average_query_time, top_statements]).toEqual([
      null,
      0,
      0,
      0,
      [],
    ])
  })

  it('are those of all instances together, with percentiles within 5 % of the exact ones', async () => {
    const parts = [700, 90, 1_400].map((count, k) =>
      Array.from({ length: count }, (_, i) => 0.3 * 1.5 ** ((((i + 1) * (k + 2) * 0.618_034) % 1) * 18)),
    )
    for (const [i, ms] of parts.entries()) await report(`${i}`, ms)
    const exact = parts.flat().toSorted((a, b) => a - b)
    const answer = await readQueries(deps, { window: '1h', limit: 20 })
    const at = (share: number) => (exact[Math.ceil(share * exact.length) - 1] ?? 0) / 1_000
    for (const [share, seen] of [
      [0.5, answer.p50_query_time],
      [0.95, answer.p95_query_time],
      [0.99, answer.p99_query_time],
    ] as const)
      expect(Math.abs((seen ?? 0) / at(share) - 1)).toBeLessThan(0.05)
    const total = exact.reduce((all, ms) => all + ms, 0) / 1_000
    const slow = exact.filter((ms) => ms >= 200).length
    expect([answer.total_queries, answer.slow_queries]).toEqual([exact.length, slow])
    expect(answer.slow_query_percentage).toBeCloseTo((100 * slow) / exact.length, 9)
    expect(answer.total_query_time).toBeCloseTo(total, 3)
    expect(answer.average_query_time).toBeCloseTo(total / exact.length, 6)
    expect(answer.top_statements).toMatchObject([
      { function: 'feedback', text: 'select ? from t', calls: exact.length, source: 'own' },
    ])
    expect(JSON.stringify(answer)).not.toContain('secret')
    await db.query('delete from instance_report')
  })
})

describe('the catalogue', () => {
  it('has the indexes of partitions under those of their parents', async () => {
    const { indexes } = await readIndexes(deps, { unused: false })
    const names = indexes.map(({ index }) => index)
    expect(names).toEqual(expect.arrayContaining(['metric_series_name', 'insight_feedback_user', 'metric_chunk_pkey']))
    expect(names.filter((name) => /\d{4}_\d{2}/.test(name))).toEqual([])
    expect(new Set(names).size).toBe(names.length)
    expect((await readIndexes(deps, { unused: true })).indexes.every(({ scans }) => scans === 0)).toBe(true)
  })

  it('says who waits for a lock, and who holds it', async () => {
    const [holder, waiter] = [await db.connect(), await db.connect()]
    await holder.query('begin; lock table insight_feedback in access exclusive mode')
    const waiting = waiter.query('select count(*) from insight_feedback')
    await expect.poll(async () => (await readLocks(deps)).waiting.length, { timeout: 5_000 }).toBe(1)
    const [found] = (await readLocks(deps)).waiting
    expect(found).toMatchObject({ role: 'postgres', relation: 'insight_feedback', mode: 'AccessShareLock' })
    expect(found?.blocked_by).toMatchObject([{ role: 'postgres', state: 'idle in transaction' }])
    await holder.query('rollback')
    await waiting
    expect((await readLocks(deps)).waiting).toEqual([])
    await Promise.all([holder.end(), waiter.end()])
  })

  it('has the tables with all their partitions, and a primary', async () => {
    const { tables } = await readTables(deps)
    const points = tables.find(({ table }) => table === 'metric_chunk')
    expect(points?.size_bytes).toBeGreaterThan(0)
    expect(tables.every((row) => row.dead_share >= 0 && row.dead_share <= 1)).toBe(true)
    expect(await readReplication(deps)).toEqual({ role: 'primary', replicas: [] })
  })
})

describe('the suite', () => {
  it('is late only with a job that should have run twice', async () => {
    await db.query(
      `insert into job_run (job, lease_until, started_at, finished_at, outcome) values
       ('partitions', now(), now(), now() - interval '590 seconds', 'success'), ('retention', now(), now(), now() - interval '3 days', 'success')`,
    )
    const suite = await readSuite(deps)
    expect(suite.jobs.filter(({ late }) => late).map(({ job }) => job)).toEqual(['retention'])
    expect(suite.findings).toMatchObject([{ code: 'job_late', playbook: 'docs/playbooks/retention.md' }])
    expect(suite.state).toBe('degraded')
    // A job that never ran is late once monitoring has run for two of its periods.
    await db.query(`insert into database_sample values (date_trunc('minute', now() - interval '3 days'), '{}', '[]')`)
    const later = (await readSuite(deps)).jobs.filter(({ late }) => late).map(({ job }) => job)
    expect(later).toEqual(['alerts', 'audit', 'backup-continue', 'compaction', 'monitoring', 'retention'])
    await db.query('delete from database_sample')
  })

  it('knows what waits and what failed across tenants in numbers, and sees none of their rows', async () => {
    const codes = async () => (await readSuite(deps)).findings.map(({ code, detail }) => [code, detail])
    const before = await codes()
    const [other, mine] = [await createTenant(db), await createTenant(db)]
    const notify = async (tenant: number, kind: string, state: string, age = '0') =>
      await db.query(
        `insert into notification (tenant_id, kind, channel_type, sequence, payload, state, created_at)
         values ($1, $2, 'webhook', 1, '{"secret": 1}', $3, now() - $4::interval)`,
        [tenant, kind, state, age],
      )
    for (const tenant of [other, mine, mine]) await notify(tenant, 'triggered', 'failed')
    await notify(mine, 'test', 'failed')
    await notify(mine, 'resolved', 'pending')
    await notify(other, 'resolved', 'failed', '49 hours')
    await db.query(
      `insert into audit_entry (tenant_id, at, action, object_type) values ($1, now() - interval '29 minutes', 'a.b', 'a')`,
      [mine],
    )
    const failed = ['notifications_failed', '3 notifications of the last two days failed for good, of 2 tenants.']
    expect(await codes()).toEqual([...before, failed])
    await db.query(
      `insert into audit_entry (tenant_id, at, action, object_type) values ($1, now() - interval '31 minutes', 'a.b', 'a')`,
      [other],
    )
    const found = await codes()
    expect(found).toEqual(
      expect.arrayContaining([failed, ['audit_unsealed', expect.stringMatching(/first was written 18[67]\d s/)]]),
    )
    // A seal whose range ends above both entries contains them.
    await db.query(
      `insert into audit_seal
       select 1, era, '0', (max(xid::text::bigint) + 1)::text::xid8, count(*), min(at), max(at), h, h, null
       from audit_entry, decode(repeat('00', 32), 'hex') as h group by era, h`,
    )
    expect(await codes()).toEqual([...before, failed])
    for (const table of ['notification', 'audit_entry'])
      await expect(own.readAll(async (tx) => await sql`select from ${sql.table(table)}`.execute(tx))).rejects.toThrow()
  })
})

describe('a scrape', () => {
  it('is shared by concurrent callers, and cached for 10 s', async () => {
    let reads = 0
    const clock = { ms: Date.now() }
    const counted: MonitoringDeps = {
      ...deps,
      now: () => clock.ms,
      db: { ...own, readAll: async (...args) => (reads++, await own.readAll(...args)) },
    }
    const scrape = scraper(counted)
    await Promise.all(Array.from({ length: 20 }, async () => await scrape()))
    clock.ms += 9_999
    const text = expose(await scrape(), 'prometheus')
    expect([reads, /^penstock_up 1$/m.test(text), /tenant=/.test(text)]).toEqual([1, true, false])
    clock.ms += 1
    await scrape()
    expect(reads).toBe(2)
  })

  it('says that the database is down, and nothing else', async () => {
    const gone = db.openAs('monitoring')
    await gone.close()
    const text = expose(await scraper({ ...deps, db: gone })(), 'prometheus')
    expect(text.split('\n').filter((line) => !line.startsWith('#'))).toEqual(['penstock_up 0', ''])
  })
})
