// The statements that find due months in the log and chunks.
import { formatTimestamp, type Micros } from '@penstock/shared/base/time.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

interface TenantMonth {
  readonly tenantId: number
  /** First day. */
  readonly month: string
}

export interface DueMonth extends TenantMonth {
  readonly tenant: string
  /** Points in the log; those in chunks are not counted. */
  readonly logged: number
}

export interface DueBy {
  readonly cutoff: Micros
  readonly mergedBy: Micros
  readonly manyPoints: number
  /** The end of every object name that does not depend on the object's content. */
  readonly fixedName: string
}

/**
 * Returns tenants' months that ended by the cutoff and have points in chunks or log, oldest first. A month that an object holds is due when
 * the object was put in place by `mergedBy`, or when the log has many points of it. A month whose object still has a name that depends on its
 * content is due once: the object is then moved to its fixed name, and its series get their spans.
 */
export async function selectDueMonths(
  tx: Tx,
  { cutoff, mergedBy, manyPoints, fixedName }: DueBy,
): Promise<readonly DueMonth[]> {
  const end = sql`${formatTimestamp(cutoff)}::timestamptz`
  const { rows } = await sql<DueMonth>`
    with logged as (
      select tenant_id, date_trunc('month', last_ts at time zone 'UTC')::date as month, sum(n)::float8 as points
      from metric_log where last_ts < ${end} group by 1, 2
    ), chunked as (
      select t.id as tenant_id, m.month
      from tenant t cross join (select month from chunk_month where (month + interval '1 month') at time zone 'UTC' <= ${end}) m
      where exists (
        select from metric_chunk c where c.tenant_id::bigint = t.id::bigint
          and c.last_ts >= m.month::timestamp at time zone 'UTC' and c.last_ts < (m.month + interval '1 month') at time zone 'UTC'
      )
    ), renamed as (
      select tenant_id, month from archive
      where dataset = 'metrics' and state = 'verified' and not held and name not like ${`%${fixedName}`}
    ), months as (
      select tenant_id, month from logged union select tenant_id, month from chunked union select tenant_id, month from renamed
    )
    select t.id as "tenantId", m.month::text as month, t.name as tenant, coalesce(l.points, 0) as logged
    from months m join tenant t on t.id = m.tenant_id
    left join logged l on l.tenant_id = m.tenant_id and l.month = m.month
    left join chunked d on d.tenant_id = m.tenant_id and d.month = m.month
    left join renamed o on o.tenant_id = m.tenant_id and o.month = m.month
    left join archive a on a.dataset = 'metrics' and a.tenant_id = t.id and a.month = m.month and a.state = 'verified'
    where (m.month + interval '1 month') at time zone 'UTC' <= ${end}
      and not exists (
        select from metric_expiry e where e.tenant_id = t.id and e.before > m.month::timestamp at time zone 'UTC'
      )
      and (a.id is null or d.month is not null or o.month is not null or l.points > ${manyPoints}::float8
        or a.written_at <= ${formatTimestamp(mergedBy)}::timestamptz)
    order by m.month, t.id`.execute(tx)
  return rows
}

/** Counts the points of a tenant's month in chunks. */
export async function countChunkPoints(tx: Tx, { tenantId, month }: TenantMonth): Promise<number> {
  const { rows } = await sql<{ points: number }>`
    select coalesce(sum(n), 0)::float8 as points from metric_chunk
    where tenant_id::bigint = ${tenantId}::bigint
      and last_ts >= ${month}::date::timestamp at time zone 'UTC' and last_ts < (${month}::date + interval '1 month') at time zone 'UTC'`.execute(
    tx,
  )
  return rows[0]?.points ?? 0
}

/** Returns the tenants whose month an object holds. */
export async function selectHolders(tx: Tx, month: string): Promise<readonly TenantMonth[]> {
  const { rows } = await sql<TenantMonth>`
    select tenant_id as "tenantId", month::text as month from archive
    where dataset = 'metrics' and month = ${month}::date and state = 'verified' order by tenant_id`.execute(tx)
  return rows
}

/** Counts the points of the month in the log of tenants whose month an object holds. */
export async function countLoggedOver(tx: Tx, month: string): Promise<number> {
  const { rows } = await sql<{ points: number }>`
    select coalesce(sum(l.n), 0)::float8 as points
    from metric_log l join archive a on a.tenant_id = l.tenant_id and a.dataset = 'metrics' and a.month = ${month}::date and a.state = 'verified'
    where l.last_ts >= ${month}::date::timestamp at time zone 'UTC' and l.last_ts < (${month}::date + interval '1 month') at time zone 'UTC'`.execute(
    tx,
  )
  return rows[0]?.points ?? 0
}

export async function selectTenantIds(tx: Tx): Promise<readonly number[]> {
  const rows = await tx.selectFrom('tenant').select('id').orderBy('id').execute()
  return rows.map(({ id }) => id)
}
