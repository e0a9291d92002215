// A migrated database with two tenants, two months and points, which a drill loses and restores.
import type { Client } from 'pg'
import { one } from '../stand/clients.ts'

const SERIES_PER_TENANT = 10
export const TENANTS = ['acme', 'globex'] as const

/** Makes tenants, series, the previous month and the current one, in a migrated database without any. */
export async function makeTenants(client: Client): Promise<void> {
  for (const name of TENANTS) {
    await client.query('insert into tenant (name) values ($1) on conflict (name) do nothing', [name])
  }
  await client.query(
    `insert into metric_series (tenant_id, service_name, metric_type, unit, labels, identity_sha256)
     select id, format('pump-%s', n), 'temperature', 'C', '{}', sha256(convert_to(format('pump-%s', n), 'UTF8'))
     from tenant, generate_series(1, $1::int) n where name = any($2)`,
    [SERIES_PER_TENANT, TENANTS],
  )
  for (const monthsAgo of [1, 0]) await makeMonth(client, monthsAgo)
}

/**
 * Stores points that no earlier call stored, half of them in each month, and the same number for each series. `batch` distinguishes
 * calls. Returns the number of points.
 */
export async function storePoints(client: Client, batch: number, count: number): Promise<number> {
  const { rowCount } = await client.query(
    `insert into metric_point (tenant_id, series_id, ts, value)
     select s.tenant_id, s.id,
       date_trunc('month', now()) - interval '1 month' * (n % 2)
         + n * interval '1 second' + interval '1 microsecond' * $1::int,
       n + s.id / 1000.0
     from metric_series s, generate_series(1, greatest(1, $2::int / $3::int)) n`,
    [batch, count, SERIES_PER_TENANT * TENANTS.length],
  )
  return rowCount ?? 0
}

async function makeMonth(client: Client, monthsAgo: number): Promise<void> {
  const first = await one(client, `select (date_trunc('month', now()) - interval '1 month' * $1::int)::date::text`, [
    monthsAgo,
  ])
  const table = `metric_point_${first.slice(0, 7).replace('-', '_')}`
  await client.query('begin')
  await client.query('set local role penstock_owner')
  await client.query(`create table ${table} (like metric_point including all)`)
  await client.query(`alter table ${table} enable row level security, force row level security`)
  await client.query(
    `alter table metric_point attach partition ${table} for values from ('${first}') to ('${first}'::date + interval '1 month')`,
  )
  await client.query('reset role')
  await client.query(`insert into metric_month (month, state) values ($1, 'live')`, [first])
  await client.query('commit')
}
