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
  /** `verified`, or the state of the month that the object belongs to. */
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
      case
        when a.dataset <> 'metrics' or a.state <> 'verified' then a.state
        when s.log_and_chunks then 'dropped'
        else coalesce(m.state, a.state)
      end as state
    from store_state s cross join archive a join tenant t on t.id = a.tenant_id left join metric_month m on m.month = a.month
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

/** Returns every month of points that was ever made, oldest first; with `tenant`, as that tenant sees it. */
export async function selectMonthRows(tx: Tx, tenant: string | undefined): Promise<MonthRow[]> {
  const { rows } = await sql<MonthRow>`
    select m.month::text as month, m.state,
      coalesce(o.rows, case when ${tenant ?? null}::text is null and c.reltuples >= 0 then c.reltuples end)::float8 as rows,
      coalesce(o.bytes, case when ${tenant ?? null}::text is null then pg_total_relation_size(c.oid) end)::float8 as bytes,
      coalesce(o.objects, 0)::int as objects,
      exists (
        select from archive_hold h join tenant t on t.id = h.tenant_id
        where h.dataset = 'metrics' and h.released_at is null
          and h.from_ts < (m.month + interval '1 month') at time zone 'UTC' and h.to_ts > m.month::timestamp at time zone 'UTC'
          and (${tenant ?? null}::text is null or t.name = ${tenant ?? null}::text)
      ) as held
    from metric_month m
    left join pg_class c on c.oid = to_regclass('metric_point_' || to_char(m.month, 'YYYY_MM'))
    left join lateral (
      select sum(a.rows) as rows, sum(a.size_bytes) as bytes, count(*) as objects
      from archive a join tenant t on t.id = a.tenant_id
      where a.dataset = 'metrics' and a.month = m.month and a.state = 'verified'
        and m.state in ('cold', 'detached', 'dropped')
        and (${tenant ?? null}::text is null or t.name = ${tenant ?? null}::text)
      having count(*) > 0
    ) o on true
    order by m.month`.execute(tx)
  return rows
}
