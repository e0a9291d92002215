// The statements that list objects and months for an operator.
import type { ArchiveDataset } from '@penstock/shared/schema/archive.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

export interface ObjectFilter {
  readonly dataset?: ArchiveDataset | undefined
  readonly tenant?: string | undefined
  /** First day of the month. */
  readonly month?: string | undefined
}

/** A record of an object; times are PostgreSQL's text. */
export interface ObjectRow {
  readonly id: string
  readonly dataset: ArchiveDataset
  readonly tenant: string
  readonly month: string | null
  readonly name: string
  readonly generation: string
  readonly rows: string
  readonly min_ts: string
  readonly max_ts: string
  readonly size_bytes: string
  readonly crc32c: string
  readonly content_sha256: Buffer
  /** That of the record; `dropped` for an object that holds its month. */
  readonly state: string
  readonly held: boolean
  readonly written_at: string
}

/** Returns the objects in storage with ids above `after`, in the order of their ids. */
export async function selectObjectRows(
  tx: Tx,
  { dataset, tenant, month }: ObjectFilter,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<ObjectRow[]> {
  const { rows } = await sql<ObjectRow>`
    select a.id, a.dataset, t.name as tenant, a.month::text as month, a.name, a.generation, a.rows, a.min_ts, a.max_ts, a.size_bytes,
      a.crc32c, a.content_sha256, a.held, a.written_at,
      case when a.dataset = 'metrics' and a.state = 'verified' then 'dropped' else a.state end as state
    from archive a join tenant t on t.id = a.tenant_id
    where a.removed_at is null and a.id > ${after}::bigint
      and (${dataset ?? null}::text is null or a.dataset = ${dataset ?? null}::text)
      and (${tenant ?? null}::text is null or t.name = ${tenant ?? null}::text)
      and (${month ?? null}::date is null or a.month = ${month ?? null}::date)
    order by a.id limit ${limit}::int`.execute(tx)
  return rows
}

export interface MonthRow {
  readonly month: string
  readonly state: string
  /** Number of points: an estimate while they are in the database, null when unknown. */
  readonly rows: number | null
  readonly bytes: number | null
  readonly objects: number
  readonly held: boolean
}

/**
 * Returns every month that log, chunks or objects have, or that has expired, oldest first; with `tenant`, as that tenant sees it. A month with a
 * partition of chunks or without an object is `live`, one that only objects hold `dropped`, although late points of it may be in the log. Points in the
 * database are counted by the log's rows and the marks of days, so a point that was written twice may count twice.
 */
export async function selectMonthRows(tx: Tx, tenant: string | undefined): Promise<MonthRow[]> {
  const isAsked = sql`(${tenant ?? null}::text is null or t.name = ${tenant ?? null}::text)`
  const { rows } = await sql<MonthRow>`
    with logged as (
      select date_trunc('month', l.last_ts at time zone 'UTC')::date as month, sum(l.n) as points
      from metric_log l join tenant t on t.id = l.tenant_id where ${isAsked} group by 1
    ), chunked as (
      select date_trunc('month', k.day)::date as month, sum(k.points) as points
      from compaction_mark k join tenant t on t.id = k.tenant_id where k.points > 0 and ${isAsked} group by 1
    ), stored as (
      select a.month, sum(a.rows) filter (where a.state = 'verified') as points, sum(a.size_bytes) filter (where a.state = 'verified') as bytes,
        count(*) filter (where a.state = 'verified') as objects, bool_or(a.state = 'expired') as expired
      from archive a join tenant t on t.id = a.tenant_id
      where a.dataset = 'metrics' and a.state in ('verified', 'expired') and ${isAsked} group by 1
    ), months as (
      select month from chunk_month union select month from logged union select month from chunked union select month from stored
    )
    select m.month::text as month,
      case
        when p.month is not null or l.month is not null and coalesce(s.objects, 0) = 0 then 'live'
        when s.objects > 0 then 'dropped'
        when s.expired then 'expired'
        else 'live'
      end as state,
      (coalesce(l.points, 0) + coalesce(c.points, 0) + coalesce(s.points, 0))::float8 as rows,
      (coalesce(s.bytes, 0) + case when ${tenant ?? null}::text is null then coalesce(pg_total_relation_size(
        to_regclass('metric_chunk_' || to_char(m.month, 'YYYY_MM'))), 0) else 0 end)::float8 as bytes,
      coalesce(s.objects, 0)::int as objects,
      exists (
        select from archive_hold h join tenant t on t.id = h.tenant_id
        where h.dataset = 'metrics' and h.released_at is null and ${isAsked}
          and h.from_ts < (m.month + interval '1 month') at time zone 'UTC' and h.to_ts > m.month::timestamp at time zone 'UTC'
      ) as held
    from months m left join chunk_month p on p.month = m.month left join logged l on l.month = m.month
    left join chunked c on c.month = m.month left join stored s on s.month = m.month
    order by m.month`.execute(tx)
  return rows
}
