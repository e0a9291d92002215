// The statements on limits and usage.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

export interface LimitsRow {
  readonly plan: string
  readonly requests_per_hour: number | null
  readonly requests: number
  readonly hour_ends: string
  readonly points_per_minute: number | null
  readonly points: number
  readonly minute_ends: string
  readonly series_limit: number
  readonly series_count: number
  readonly users_limit: number | null
  readonly users: number
  readonly keys_limit: number | null
  readonly keys: number
  readonly requests_refused: string | null
  readonly points_refused: string | null
  readonly series_refused: string | null
}

/** Selects the limits of a tenant, and what it has used of them; undefined for a tenant that was erased a moment ago. */
export async function selectLimits(tx: Tx, tenantId: number): Promise<LimitsRow | undefined> {
  const { rows } = await sql<LimitsRow>`
    select p.name as plan, p.requests_per_hour, p.points_per_minute, t.series_limit, t.series_count,
      p.users as users_limit, p.keys as keys_limit,
      coalesce(hour.granted, 0) as requests, h.ends as hour_ends, coalesce(minute.granted, 0) as points, m.ends as minute_ends,
      (select count(*)::int from app_user where tenant_id = t.id) as users,
      (select count(*)::int from api_key where tenant_id = t.id and ${LIVE_KEY}) as keys,
      d.requests_refused, d.points_refused, d.series_refused
    from tenant t join plan p on p.name = t.plan
      cross join lateral (select date_trunc('hour', now(), 'UTC') + interval '1 hour' as ends) h
      cross join lateral (select date_trunc('minute', now(), 'UTC') + interval '1 minute' as ends) m
      left join quota_window hour on hour.tenant_id = t.id and hour.policy = 'requests'
        and hour.window_start >= h.ends - interval '1 hour'
      left join quota_window minute on minute.tenant_id = t.id and minute.policy = 'points'
        and minute.window_start >= m.ends - interval '1 minute'
      left join usage_day d on d.tenant_id = t.id and d.day = (now() at time zone 'UTC')::date
    where t.id = ${tenantId}::int`.execute(tx)
  return rows[0]
}

const LIVE_KEY = sql`revoked_at is null and (expires_at is null or expires_at > now())`

/** The number of a plan's users or keys that a tenant has, and how many it may have; null: no limit. */
export interface RoomRow {
  readonly used: number
  readonly most: number | null
}

/** Locks the tenant's users, or its keys, against concurrent additions, and counts them. */
export async function lockRoom(tx: Tx, tenantId: number, kind: 'users' | 'keys'): Promise<RoomRow | undefined> {
  await sql`select pg_advisory_xact_lock(7301084, ${tenantId}::int)`.execute(tx)
  const used =
    kind === 'users'
      ? sql`select count(*)::int from app_user where tenant_id = t.id`
      : sql`select count(*)::int from api_key where tenant_id = t.id and ${LIVE_KEY}`
  const { rows } = await sql<RoomRow>`
    select (${used}) as used, p.${sql.ref(kind)} as most
    from tenant t join plan p on p.name = t.plan where t.id = ${tenantId}::int`.execute(tx)
  return rows[0]
}

export interface UsageRow {
  readonly date: string
  readonly requests: string
  readonly requests_refused: string
  readonly points_accepted: string
  readonly points_rejected: string
  readonly points_refused: string
  readonly bytes_in: string
  readonly bytes_out: string
}

/** Selects days of usage, oldest first. The last 30 days by default. */
export async function selectUsage(
  tx: Tx,
  tenantId: number,
  { first, last }: { readonly first: string | undefined; readonly last: string | undefined },
): Promise<readonly UsageRow[]> {
  const { rows } = await sql<UsageRow>`
    select to_char(day, 'YYYY-MM-DD') as date, requests, requests_refused, points_accepted, points_rejected, points_refused,
      bytes_in, bytes_out
    from usage_day, (select coalesce(${last ?? null}::date, (now() at time zone 'UTC')::date) as last) given
    where tenant_id = ${tenantId}::int and day <= given.last and day >= coalesce(${first ?? null}::date, given.last - 29)
    order by day limit 400`.execute(tx)
  return rows
}

export interface StorageRow {
  readonly series: number
  readonly objects: string
  readonly points: string
  readonly bytes: string
}

/** Selects what a tenant has in the archive, and its active series. */
export async function selectStorage(tx: Tx, tenantId: number): Promise<StorageRow | undefined> {
  const { rows } = await sql<StorageRow>`
    select t.series_count as series, a.objects, a.points, a.bytes
    from tenant t cross join (
      select count(*) as objects, coalesce(sum(rows), 0) as points, coalesce(sum(size_bytes), 0) as bytes
      from archive where tenant_id = ${tenantId}::int) a
    where t.id = ${tenantId}::int`.execute(tx)
  return rows[0]
}

export interface TableRow {
  readonly table: string
  readonly rows: string
  readonly bytes: string
}

/** Selects the rows that triggers count, by table. */
export async function selectTables(tx: Tx, tenantId: number): Promise<readonly TableRow[]> {
  const { rows } = await sql<TableRow>`
    select kind as table, greatest(sum(row_count), 0) as rows, greatest(sum(byte_count), 0) as bytes
    from tenant_usage where tenant_id = ${tenantId}::int group by kind order by kind`.execute(tx)
  return rows
}
