// A migrated database with two tenants and points of two months, which a drill loses and restores.
import type { Client } from 'pg'
import { one } from '../stand/clients.ts'

const SERIES_PER_TENANT = 10
/** Points in one row of the log, which may have up to 4,096. */
const ROW_POINTS = 4_000
export const TENANTS = ['acme', 'globex'] as const

/** Makes tenants and series in a migrated database without any. */
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
}

/**
 * Appends points to the log that no earlier call stored, half of them in each of two months, and the same number for each series. `batch`
 * distinguishes calls. Returns the number of points.
 */
export async function logPoints(client: Client, batch: number, count: number): Promise<number> {
  const logged = await one(
    client,
    `with logged as (
       insert into metric_log (tenant_id, block, first_ts, last_ts, n, series, ts, value)
       select tenant_id, block, min(ts), max(ts), count(*), array_agg(id order by ts), array_agg(ts order by ts), array_agg(value order by ts)
       from (${POINTS}) p group by tenant_id, id, block, date_trunc('day', ts at time zone 'UTC'), n / ${ROW_POINTS}
       returning n
     )
     select coalesce(sum(n), 0) from logged`,
    [batch, count, SERIES_PER_TENANT * TENANTS.length],
  )
  return Number(logged)
}

/** Parameters: batch, number of points, number of series. */
const POINTS = `
  select s.tenant_id, s.id, s.block, n, n + s.id / 1000.0::float8 as value,
    date_trunc('month', now()) - interval '1 month' * (n % 2) + n * interval '1 second' + interval '1 microsecond' * $1::int as ts
  from metric_series s, generate_series(1, greatest(1, $2::int / $3::int)) n`
