// Limits on what a tenant may store in addition to points: the database holds them whatever a function does.
import { openDatabase, type PenstockDatabase } from '@penstock/shared/database/database.ts'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { quotasOf, setQuota } from '../scripts/data/quotas/quotas.ts'
import { createTenant, createTestDatabase, type TestDatabase } from './support/postgres/database.ts'

let db: TestDatabase
let tenants: [number, number]
const opened: PenstockDatabase[] = []
beforeAll(async () => {
  db = await createTestDatabase()
  tenants = [await createTenant(db), await createTenant(db)]
})
afterAll(async () => {
  for (const one of opened) await one.close()
  await db.drop()
})
beforeEach(async () => {
  for (const table of [
    'dead_letter',
    'idempotency_key',
    'insight_feedback',
    'backfill_lease',
    'backfill_job',
    'tenant_quota',
  ])
    await db.query(`delete from ${table}`)
})

function as(functionName: string): PenstockDatabase {
  const database = openDatabase(functionName, {
    url: db.urlOf(functionName),
    ca: undefined,
    inCloud: false,
    password: undefined,
    iam: undefined,
    cloudSql: undefined,
  })
  opened.push(database)
  return database
}

const limit = async (kind: string, rows: number | null, bytes: number | null) =>
  await db.query('insert into tenant_quota values ($1, $2, $3, $4)', [tenants[0], kind, rows, bytes])

const used = async (kind: string, tenant = tenants[0]) => {
  const rows = await db.query<{ rows: string; bytes: string }>(
    'select sum(row_count) as rows, sum(byte_count) as bytes from tenant_usage where tenant_id = $1 and kind = $2',
    [tenant, kind],
  )
  return [Number(rows[0]?.rows), Number(rows[0]?.bytes)]
}

const overQuota = expect.objectContaining({
  kind: expect.objectContaining({ slug: 'quota-exceeded', status: 429 }),
  headers: { 'retry-after': '3600' },
})

describe('a quota', () => {
  it('of dead letters holds for bytes, for the tenant that has it alone, and is free again when letters go', async () => {
    await limit('dead_letter', null, 1_000)
    const database = as('metrics-ingest-pubsub')
    const keep = async (tenant: number, id: string) =>
      await database.write(tenant, (tx) =>
        sql`insert into dead_letter (tenant_id, source, message_id, reason, detail, content_type, payload)
            values (${tenant}, 's', ${id}, 'r', 'd', 'c', ${Buffer.alloc(500)}) on conflict do nothing`.execute(tx),
      )
    await keep(tenants[0], 'a')
    await keep(tenants[0], 'b')
    await keep(tenants[0], 'b')
    await expect(keep(tenants[0], 'c')).rejects.toEqual(overQuota)
    expect(await used('dead_letter')).toEqual([2, 1_000])
    for (const id of ['a', 'b', 'c']) await keep(tenants[1], id)
    await db.query(`delete from dead_letter where message_id = 'a'`)
    await keep(tenants[0], 'c')
    expect(await used('dead_letter')).toEqual([2, 1_000])
  })

  it.each([
    [
      'feedback',
      'insight_feedback',
      (i: number) =>
        sql`insert into insight_feedback (tenant_id, insight_id, user_id, rating) values (${tenants[0]}, 'i', ${`u${i}`}, 1)`,
    ],
    [
      'feedback',
      'idempotency_key',
      (i: number) => sql`insert into idempotency_key values (${tenants[0]}, ${`k${i}`}, sha256('x'), '{}', now())`,
    ],
    [
      'backfill',
      'backfill_job',
      () =>
        sql`insert into backfill_job (tenant_id, id, job_type, start_block, end_block, current_block) values (${tenants[0]}, gen_random_uuid(), 't', 0, 9, 0)`,
    ],
  ] as const)('holds for the rows of %s in %s', async (functionName, kind, insert) => {
    await limit(kind, 2, null)
    const database = as(functionName)
    const add = async (i: number) => await database.write(tenants[0], (tx) => insert(i).execute(tx))
    await add(0)
    await add(1)
    await expect(add(2)).rejects.toEqual(overQuota)
    expect((await used(kind))[0]).toBe(2)
    await db.query(`delete from ${kind}`)
    await add(3)
    expect((await used(kind))[0]).toBe(1)
  })

  it('has a default for each counted table, and is not seen by another tenant', async () => {
    const rows = await db.query<{ table: string; default: string }>(
      `select tgrelid::regclass::text as table, encode(tgargs, 'escape') as default from pg_trigger
       where tgname = 'count_added' order by 1`,
    )
    const tables = [
      'alert_event',
      'alert_rule',
      'api_key',
      'app_user',
      'backfill_job',
      'backfill_lease',
      'carbon_alert',
      'carbon_camera',
      'carbon_notification',
      'carbon_organization',
      'carbon_zone',
      'dead_letter',
      'idempotency_key',
      'insight_feedback',
      'notification_channel',
      'production_gear',
      'production_note',
      'production_project',
      'production_shot',
      'production_task',
    ]
    expect(rows.map((row) => row.table)).toEqual(tables)
    for (const row of rows) expect(row.default).toMatch(/^\d+\\000\d*\\000$/)
    await limit('dead_letter', 1, 1)
    const seen = await as('feedback').write(tenants[1], (tx) => tx.selectFrom('tenant_quota').selectAll().execute())
    expect(seen).toEqual([])
  })
})

describe('the command', () => {
  it('shows what a tenant stores and may store, and gives it limits of its own and the default ones again', async () => {
    const client = await db.connect()
    const [name = ''] = (await db.query<{ name: string }>('select name from tenant where id = $1', [tenants[0]])).map(
      (row) => row.name,
    )
    const of = async (table: string) => (await quotasOf(client, name))?.find((quota) => quota.table === table)
    await db.query(
      `insert into dead_letter (tenant_id, source, message_id, reason, detail, content_type, payload)
      values ($1, 's', 'm', 'r', 'd', 'c', 'abc')`,
      [tenants[0]],
    )
    const byDefault = {
      table: 'dead_letter',
      rows: 1,
      maxRows: 100_000,
      bytes: 3,
      maxBytes: 256 * 1024 ** 2,
      isDefault: true,
    }
    expect(await of('dead_letter')).toEqual(byDefault)
    expect(await of('backfill_job')).toMatchObject({ bytes: undefined, maxBytes: undefined })
    expect(await of('deferred_point')).toBeUndefined()
    expect(await setQuota(client, name, 'dead_letter', { maxRows: null })).toBe('changed')
    expect(await of('dead_letter')).toEqual({ ...byDefault, maxRows: null, isDefault: false })
    expect(await setQuota(client, name, 'dead_letter', { maxBytes: 5 })).toBe('changed')
    expect(await of('dead_letter')).toEqual({ ...byDefault, maxRows: null, maxBytes: 5, isDefault: false })
    expect(await setQuota(client, name, 'dead_letter', undefined)).toBe('changed')
    expect(await of('dead_letter')).toEqual(byDefault)
    expect(await setQuota(client, name, 'metric_series', { maxRows: 7 })).toBe('changed')
    expect(await of('metric_series')).toMatchObject({ rows: 0, maxRows: 7, isDefault: false })
    expect(await setQuota(client, name, 'metric_series', undefined)).toBe('changed')
    expect(await of('metric_series')).toMatchObject({ maxRows: 100_000, isDefault: true })
    expect(await setQuota(client, name, 'backfill_job', { maxBytes: 1 })).toBe('no-bytes')
    expect(await setQuota(client, name, 'metric_point', { maxRows: 1 })).toBe('no-such-table')
    expect(await setQuota(client, 'nobody', 'dead_letter', { maxRows: 1 })).toBe('no-such-tenant')
    await client.end()
  })
})
