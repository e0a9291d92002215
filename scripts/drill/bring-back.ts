// Rows that a restored server has and the running one lost, brought back while the running one goes on taking points.
// The statements are those of docs/playbooks/deletion.md.
import { WRITE_LOCK } from '@penstock/shared/locks.ts'
import type { Client } from 'pg'

/** Sees the rows of every tenant and may store points; the admin user sees none, since row security is forced. */
const MAINTENANCE = 'penstock_partitions'

export interface Restored {
  readonly host: string
  readonly port: number
  readonly database: string
}

/**
 * Makes the restored server's points readable here, as `restored.metric_point`. `admin` is connected to the running server,
 * `restoredAdmin` to the restored one, both as an admin user. Safe to repeat.
 */
export async function mountRestored(
  admin: Client,
  restoredAdmin: Client,
  { host, port, database }: Restored,
  password: string,
): Promise<void> {
  // The restored server's role lets the maintenance role in; it is thrown away with that server.
  await restoredAdmin.query(`alter role ${MAINTENANCE} password ${admin.escapeLiteral(password)}`)
  const text = (value: string | number): string => admin.escapeLiteral(String(value))
  await admin.query(`
    create extension if not exists postgres_fdw;
    drop server if exists restored cascade;
    drop schema if exists restored cascade;
    create server restored foreign data wrapper postgres_fdw
      options (host ${text(host)}, port ${text(port)}, dbname ${text(database)}, fetch_size '10000');
    create user mapping for ${MAINTENANCE} server restored options (user ${text(MAINTENANCE)}, password ${text(password)});
    create schema restored;
    create foreign table restored.metric_point (tenant_id int, series_id int, ts timestamptz, value float8)
      server restored options (schema_name 'public', table_name 'metric_point');
    grant usage on schema restored to ${MAINTENANCE};
    grant select on restored.metric_point to ${MAINTENANCE}`)
}

/**
 * Stores a tenant's restored points of a range that are not here any more, and has their hours rolled up again. A point that was
 * stored again since then stays as it is, and so does a month that is not live. Safe to repeat. Gives how many came back.
 */
export async function bringBack(admin: Client, tenantId: number, from: string, to: string): Promise<number> {
  await admin.query('begin')
  try {
    await admin.query(`set local role ${MAINTENANCE}`)
    await admin.query('select pg_advisory_xact_lock_shared($1)', [WRITE_LOCK])
    const { rows } = await admin.query<{ points: number }>(
      `with returned as (
         insert into metric_point (tenant_id, series_id, ts, value)
         select tenant_id, series_id, ts, value from restored.metric_point
         where tenant_id = $1::int and ts >= $2::timestamptz and ts < $3::timestamptz
           and (date_trunc('month', ts at time zone 'UTC'))::date in (select month from metric_month where state = 'live')
         order by ts
         on conflict (series_id, ts) do nothing
         returning tenant_id, series_id, ts
       ), hours as (
         insert into rollup_invalidation (tenant_id, series_id, bucket)
         select distinct tenant_id, series_id, date_trunc('hour', ts, 'UTC') from returned
         where ts < (select fence from rollup_mark)
       )
       select count(*)::int as points from returned`,
      [tenantId, from, to],
    )
    await admin.query('commit')
    return rows[0]?.points ?? 0
  } catch (error) {
    await admin.query('rollback')
    throw error
  }
}

/** Takes away what `mountRestored` made here. Safe to repeat. */
export async function unmountRestored(admin: Client): Promise<void> {
  await admin.query('drop schema if exists restored cascade; drop server if exists restored cascade')
}
