// The tables of the insight service, as its own code uses them: plain SQL by its login, and then its routes.
import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { budget } from '@penstock/shared/database/connection-budget.ts'
import { createListener } from '@penstock/shared/http/edge.ts'
import { openDeployment, readSettings } from '@penstock/shared/slice/deployment.ts'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import alerts from '../functions/alerts/index.ts'
import backfill from '../functions/backfill/index.ts'
import feedback from '../functions/feedback/index.ts'
import { findDrift } from '../scripts/database/drift/drift.ts'
import { dropInsightViews, type InsightDeps, makeInsightViews } from '../scripts/database/insight/insight-views.ts'
import { createReader } from '../scripts/database/keys/readers.ts'
import { readMigrations } from '../scripts/database/migrations.ts'
import { type RunningServer, startFront } from './support/http/http.ts'
import { createServerOfItsOwn, createTenant, type TestDatabase } from './support/postgres/database.ts'

let db: TestDatabase
let admin: Client
let deps: InsightDeps
let sql: Client
let password: string
const opened: { stop(): Promise<void> }[] = []
beforeAll(async () => {
  db = await createServerOfItsOwn()
  await createTenant(db, 'default')
  await createTenant(db, 'other')
  for (const name of ['alerts', 'backfill', 'feedback'])
    await db.query(`alter role penstock_${name} password '${inject('rolePassword')}'`)
  admin = await db.connect()
  deps = { client: admin, budget, tier: 'large', randomBytes }
  const made = await makeInsightViews(deps, 'default')
  password = made.password
  sql = await logIn()
})
afterAll(async () => {
  for (const one of opened.splice(0)) await one.stop()
  await sql?.end()
  await admin.end()
  await db.drop()
})

async function logIn(): Promise<Client> {
  const url = new URL(db.url)
  Object.assign(url, { username: 'insight_service', password })
  const client = new Client({ connectionString: url.href })
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Serves a slice to callers without credentials, which act as the tenant `default`. */
async function serve(name: string, slice: Parameters<typeof readSettings>[0][number]): Promise<RunningServer> {
  const config = readSettings([slice], {
    DATABASE_URL: db.urlOf(name),
    OPEN: '1',
    CHANNEL_KEY_FILE: new URL('./support/alerts/channel-keys.json', import.meta.url).pathname,
  })
  const service = openDeployment(name, [slice], config)
  const server = await startFront(createListener(name, service))
  opened.push({
    async stop() {
      await server.stop()
      await service.db.close()
    },
  })
  return server
}

const get = async <T>({ url }: RunningServer, path: string): Promise<T> =>
  (await (await fetch(`${url}${path}`)).json()) as T

const HOUR_AGO = new Date(Date.now() - 3_600_000)
const newConfiguration = async (name: string): Promise<string> => {
  const { rows } = await sql.query<{ id: string }>(
    `insert into alert_configurations (id, name, service_name, metric_type, threshold_type, threshold_value, comparison_operator, severity,
       notification_channels)
     values ($1, $2, 'ethereum', 'cpu', 'absolute', 80, '>', 'critical', $3) returning id`,
    [randomUUID(), name, ['email', 'slack']],
  )
  return rows[0]?.id ?? ''
}

it('has alert configurations and history, which its routes answer', async () => {
  const id = await newConfiguration('CPU')
  // Its fixture has five open events of one configuration.
  for (let i = 0; i < 5; i++)
    await sql.query(
      `insert into alert_history (alert_config_id, triggered_at, severity, metric_value, threshold_value, message)
       values ($1, $2, 'critical', $3, 80, 'ethereum - cpu: 95.00 > 80.00')`,
      [id, new Date(HOUR_AGO.getTime() + i * 60_000), 90 + i],
    )
  const server = await serve('alerts', alerts)
  const rules = await get<{ alerts: object[]; total: number }>(
    server,
    '/api/v1/monitoring/alerts?service_name=ethereum',
  )
  expect(rules).toMatchObject({
    total: 1,
    alerts: [
      { id, name: 'CPU', evaluation_window_seconds: 300, enabled: true, notification_channels: ['email', 'slack'] },
    ],
  })
  const page = await get<{ history: { metric_value: number }[] }>(server, '/api/v1/monitoring/alerts/history')
  expect(page).toMatchObject({ total: 5, page: 1, page_size: 50 })
  expect(page.history.map(({ metric_value }) => metric_value)).toEqual([94, 93, 92, 91, 90])
  expect(page.history[0]).toMatchObject({
    alert_config_id: id,
    resolved_at: null,
    message: 'ethereum - cpu: 95.00 > 80.00',
    notification_sent: false,
    resolution_method: null,
  })
  await sql.query(
    `update alert_history set resolved_at = triggered_at + interval '10 minutes', resolution_method = 'auto' where metric_value > 91`,
  )
  const start = '2026-11-23T10:11:12.123456'
  const analytics = await get(server, `/api/v1/monitoring/alerts/history/analytics?start_date=${start}`)
  expect(analytics).toMatchObject({
    period_start: start,
    total_alerts: 5,
    active_alerts: 2,
    resolved_alerts: 3,
    mean_time_to_resolution_minutes: 10,
    most_common_alert_types: [{ service_name: 'ethereum', metric_type: 'cpu', alert_count: 5 }],
  })
  const missing = await fetch(`${server.url}/api/v1/monitoring/alerts/${randomUUID()}`)
  expect([missing.status, ((await missing.json()) as { detail: string }).detail]).toEqual([
    404,
    'Alert configuration not found',
  ])
  await sql.query('update alert_configurations set enabled = false where id = $1', [id])
  expect(await get(server, `/api/v1/monitoring/alerts/${id}`)).toMatchObject({ enabled: false, version: 2 })
  await sql.query('delete from alert_configurations where id = $1', [id])
  expect((await sql.query('select from alert_history')).rowCount).toBe(0)
})

it('has an event of the evaluator, whose alarm ends with it', async () => {
  const id = await newConfiguration('Evaluated')
  const { rows } = await sql.query<{ id: string }>(
    `insert into alert_history (alert_config_id, severity, metric_value, threshold_value, message)
     values ($1, 'critical', 95, 80, 'm') returning id`,
    [id],
  )
  await db.query(
    `insert into alert_state (tenant_id, rule_id, group_key, state, since, event_id)
     select tenant_id, id, '-', 'firing', now(), $2 from alert_rule where id = $1`,
    [id, rows[0]?.id],
  )
  await sql.query('update alert_history set resolved_at = now() where id = $1', [rows[0]?.id])
  expect(await db.query('select state, event_id from alert_state')).toEqual([{ state: 'normal', event_id: null }])
  expect(
    (await sql.query('select resolution_method from alert_history where alert_config_id = $1', [id])).rows,
  ).toEqual([{ resolution_method: 'manual' }])
})

it('has users with its roles, feedback and jobs, which its routes answer', async () => {
  for (const [uid, role] of [
    ['a', 'user'],
    ['b', 'service'],
    ['c', 'admin'],
  ])
    await sql.query('insert into users (firebase_uid, email, role) values ($1, $2, $3)', [
      uid,
      `${uid}@example.com`,
      role,
    ])
  expect((await sql.query('select firebase_uid, role, subscription_tier from users order by 1')).rows).toEqual([
    { firebase_uid: 'a', role: 'user', subscription_tier: 'free' },
    { firebase_uid: 'b', role: 'service', subscription_tier: 'free' },
    { firebase_uid: 'c', role: 'admin', subscription_tier: 'free' },
  ])
  expect(await db.query('select subject, role from app_user order by 1')).toMatchObject([
    { role: 'owner' },
    { role: 'operator' },
    { role: 'admin' },
  ])
  await sql.query(
    `insert into insight_feedback (insight_id, user_id, rating, comment) values ('i', 'u', 4, 'good'), ('i', 'v', 5, null)`,
  )
  const ratings = await serve('feedback', feedback)
  expect(await get(ratings, '/api/v1/feedback/stats?insight_id=i')).toMatchObject({
    total_ratings: 2,
    average_rating: 4.5,
    total_comments: 1,
  })
  const { rows } = await sql.query<{ id: string }>(
    `insert into backfill_jobs (job_type, start_block, end_block, current_block, status, progress_percentage)
     values ('blocks', 0, 100, 50, 'paused', 50) returning id`,
  )
  const jobs = await serve('backfill', backfill)
  expect(await get(jobs, `/api/v1/monitoring/backfill/${rows[0]?.id}`)).toMatchObject({
    job_type: 'blocks',
    current_block: 50,
    status: 'paused',
    progress_percentage: 50,
  })
  await sql.query(`update backfill_jobs set status = 'completed', current_block = 100, progress_percentage = 100`)
  expect((await sql.query('select completed_at is not null as done from backfill_jobs')).rows).toEqual([{ done: true }])
})

it('shows keys and revokes them, and makes none', async () => {
  await db.query(
    `insert into api_key (id, tenant_id, secret_sha256, whole_sha256, scopes) select 'abcdefghijkl', id, sha256('s'), sha256('whole'), '{insights:read}'
     from tenant where name = 'default'`,
  )
  const { rows } = await sql.query('select key_hash, key_prefix, scopes, revoked_at from api_keys')
  const hash = (await db.query<{ hex: string }>(`select encode(sha256('whole'), 'hex') as hex`))[0]?.hex
  expect(rows).toEqual([{ key_hash: hash, key_prefix: 'pk_abcde', scopes: ['insights:read'], revoked_at: null }])
  await sql.query('delete from api_keys')
  expect((await sql.query('select revoked_at is not null as revoked from api_keys')).rows).toEqual([{ revoked: true }])
  await expect(sql.query(`insert into api_keys (name) values ('mine')`)).rejects.toThrow('keys are made by POST')
})

it('sees one tenant, whatever its session tries', async () => {
  const [other] = await db.query<{ id: number }>(`select id from tenant where name = 'other'`)
  await db.query(
    `insert into insight_feedback (tenant_id, insight_id, user_id, rating) values ($1, 'theirs', 'x', 1)`,
    [other?.id],
  )
  await sql.query(
    `select set_config('app.tenant_id', $1, false), set_config('search_path', 'public, insight_service', false)`,
    [String(other?.id)],
  )
  expect(
    (await sql.query('select insight_id from insight_service.insight_feedback where insight_id = $1', ['theirs'])).rows,
  ).toEqual([])
  await sql.query(`insert into insight_service.insight_feedback (insight_id, user_id, rating) values ('mine', 'y', 1)`)
  expect(
    await db.query(
      `select t.name from insight_feedback f join tenant t on t.id = f.tenant_id where insight_id = 'mine'`,
    ),
  ).toEqual([{ name: 'default' }])
  for (const attempt of [
    'select from public.insight_feedback',
    'select from public.tenant',
    'create table insight_service.mine (a int)',
    'create temporary table mine (a int)',
    'set role insight_service_owner',
  ])
    await expect(sql.query(attempt), attempt).rejects.toThrow(/permission denied|does not exist/)
  const callable = await db.query<{ name: string }>(
    `select p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where n.nspname = 'insight_service' and has_function_privilege('penstock_feedback', p.oid, 'execute')`,
  )
  expect(callable, 'no other role runs the functions behind the views').toEqual([])
})

it('is recorded in the audit log with its login', async () => {
  const entries = await db.query(`select distinct login, actor_kind from audit_entry where login = 'insight_service'`)
  expect(entries).toEqual([{ login: 'insight_service', actor_kind: 'database' }])
})

it('counts as a reader, is no drift, and can be made anew and dropped', async () => {
  const most = budget.tiers.large.readers
  await expect(createReader(deps, { tenant: 'other', connections: most - 1 })).rejects.toThrow(
    'connections for readers',
  )
  const schema = readFileSync(new URL('../migrations/schema.sql', import.meta.url), 'utf8')
  const drift = async () =>
    await findDrift(admin, { migrations: readMigrations(), schema, roles: { budget, tier: 'large' } })
  expect(await drift()).toEqual([])
  const { password: next } = await makeInsightViews(deps, 'default')
  expect(next).not.toBe(password)
  expect((await sql.query('select from insight_service.users')).rowCount).toBe(3)
  await sql.end()
  await dropInsightViews(deps)
  await dropInsightViews(deps)
  expect(await drift()).toEqual([])
  await expect(logIn()).rejects.toThrow()
  password = (await makeInsightViews(deps, 'default')).password
  sql = await logIn()
})
