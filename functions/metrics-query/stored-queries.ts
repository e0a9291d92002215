// What readers of the log and chunks ask about series. Every question names the tenant, for the index and as a second belt beside row security.
import { copyRows } from '@penstock/shared/points/binary-rows.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { formatTimestamp, type Micros } from '@penstock/shared/time.ts'
import { type RawBuilder, sql, type Transaction } from 'kysely'
import { matches, type SeriesFilter, type SeriesSpan } from './queries.ts'

type Tx = Transaction<Database>

export interface StoredSeries {
  readonly id: number
  readonly block: number
}

/** The series that match, by id, at most `limit`. */
export async function findStoredSeries(tx: Tx, filter: SeriesFilter, limit: number): Promise<readonly StoredSeries[]> {
  const { rows } = await sql<{ ids: number[] | null; blocks: number[] | null }>`
    select array_agg(id order by id) as ids, array_agg(block order by id) as blocks from (
      select s.id, s.block from metric_series s where ${matches(filter)} order by s.id limit ${limit}::int
    ) found`.execute(tx)
  const { ids, blocks } = rows[0] ?? { ids: null, blocks: null }
  return (ids ?? []).map((id, i) => ({ id, block: blocks?.[i] ?? 0 }))
}

export interface SummedSeries extends StoredSeries {
  readonly unit: string
  /** The value of the label asked for, as text; null where it is missing. */
  readonly group: string | null
  /** No chunk of the series has a later point; -Infinity where it has none. */
  readonly chunksEnd: Micros
}

/** The series that match, in the order in which their sums are added: that of the hash of their identity. At most `limit`. */
export async function findSummedSeries(
  tx: Tx,
  filter: SeriesFilter,
  label: string | undefined,
  limit: number,
): Promise<readonly SummedSeries[]> {
  const { rows } = await sql<Omit<SummedSeries, 'chunksEnd'> & { end_us: number | null }>`
    select s.id, s.block, s.unit, s.labels ->> ${label ?? null}::text as "group",
      (extract(epoch from p.last_ts) * 1000000)::float8 as end_us
    from metric_series s left join metric_series_span p on p.series_id = s.id
    where ${matches(filter)} order by s.identity_sha256 limit ${limit}::int`.execute(tx)
  return rows.map(({ end_us, ...series }) => ({ ...series, chunksEnd: end_us ?? Number.NEGATIVE_INFINITY }))
}

/** Calls for each roll-up of these series whose hour begins in the range, both ends inside, by hour. */
export async function eachHour(
  tx: Tx,
  ids: readonly number[],
  { from, to }: { readonly from: Micros; readonly to: Micros },
  call: (hour: { series: number; bucket: Micros; count: number; sum: number; min: number; max: number }) => void,
): Promise<void> {
  const rows = await copyRows(
    tx,
    sql`
    select series_id, bucket, count, sum, min, max from metric_hour
    where series_id = any(${sql.lit(`{${ids.join(',')}}`)}::int[]) and bucket >= ${literal(from)} and bucket <= ${literal(to)}
    order by bucket`,
  )
  while (rows.next())
    call({
      series: rows.int4(),
      bucket: rows.instant(),
      count: rows.int4(),
      sum: rows.float8(),
      min: rows.float8(),
      max: rows.float8(),
    })
}

/**
 * The series that match with ids above `afterId`, smallest first, at most `limit`, and the ends of what is stored of each: over the chunks they are
 * known, and the log of the series' blocks is read.
 */
export async function listStoredSeries(
  tx: Tx,
  filter: SeriesFilter,
  afterId: number,
  limit: number,
): Promise<readonly SeriesSpan[]> {
  const tenant = sql`${filter.tenantId}::int`
  const { rows } = await sql<SeriesSpan>`
    with page as materialized (
      select s.id, s.service_name, s.metric_type, s.unit, s.labels, s.block
      from metric_series s where ${matches(filter)} and s.id > ${afterId}::int order by s.id limit ${limit}::int
    ), logged as (
      select p.series_id, min(p.ts) as first_ts, max(p.ts) as last_ts
      from metric_log l cross join lateral unnest(l.series, l.ts) as p (series_id, ts)
      where l.tenant_id = ${tenant} and l.block = any(array(select distinct block from page) || -1)
        and l.last_ts >= coalesce((select before from metric_expiry where tenant_id = ${tenant}), '-infinity')
      group by 1
    )
    select page.id, page.service_name, page.metric_type, page.unit, page.labels,
      least(s.first_ts, l.first_ts) as first_ts, greatest(s.last_ts, l.last_ts) as last_ts
    from page
    left join metric_series_span s on s.series_id = page.id
    left join logged l on l.series_id = page.id
    order by page.id`.execute(tx)
  return rows
}

const literal = (at: Micros): RawBuilder<unknown> => sql`${sql.lit(formatTimestamp(at))}::timestamptz`
