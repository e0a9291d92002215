// The statements by which a recorded run reads its month. Other transactions do not change it, so each is a short transaction of its own.

import { type RawBuilder, sql, type Transaction } from 'kysely'
import { addMonths, type Micros, monthStart } from '../base/time.ts'
import type { Gate } from '../compaction/queries.ts'
import { type BinaryRows, copyRows } from '../points/binary-rows.ts'
import { list, literalInstant } from '../points/stored-rows.ts'
import type { Database } from '../schema/index.ts'
import { below, endsInMonth, type TenantMonth } from './run-queries.ts'

type Tx = Transaction<Database>

/** Rows of the month's log below the gate: block, era, xid, series, ts, value. */
export async function selectLogged(tx: Tx, { tenantId, month }: TenantMonth, gate: Gate): Promise<BinaryRows> {
  return await copyRows(
    tx,
    sql`
    select block, era, xid, series, ts, value from metric_log
    where tenant_id = ${sql.lit(tenantId)} and ${endsInMonth(month)} and ${below(gate)}`,
  )
}

export interface PlannedSeries {
  readonly id: number
  /** Series of one service_name, metric_type and unit have the same place; places are in the archive's order. */
  readonly place: number
  /** Points in chunks of the month. */
  readonly points: number
}

/** The series that have chunks in the month, and the `logged` ones, in the archive's order but for their labels. Series without a name are missing. */
export async function selectPlan(
  tx: Tx,
  { tenantId, month }: TenantMonth,
  logged: readonly number[],
): Promise<readonly PlannedSeries[]> {
  const { rows } = await sql<PlannedSeries>`
    with chunked as materialized (
      select series_id, sum(n)::int as points from metric_chunk
      where tenant_id::bigint = ${tenantId}::bigint and ${endsInMonth(month)} group by series_id
    )
    select s.id, coalesce(c.points, 0) as points,
      dense_rank() over (order by s.service_name collate "C", s.metric_type collate "C", s.unit collate "C")::int as place
    from metric_series s left join chunked c on c.series_id = s.id
    where s.tenant_id = ${tenantId}::int and (c.series_id is not null or s.id = any(${list(logged)}::int[]))
    order by place, s.id`.execute(tx)
  return rows
}

/** The chunks of these series in the month, by series and time: series_id, first_ts, unit, gap, gap8, value. */
export async function selectChunks(tx: Tx, { month }: TenantMonth, ids: readonly number[]): Promise<BinaryRows> {
  return await copyRows(
    tx,
    sql`
    select c.series_id, c.first_ts, c.unit, c.gap, c.gap8, c.value
    from unnest(${list(ids)}::int[]) as s (id) cross join lateral (${ofSeries(sql`s.id`, month, monthStart(month) - 1)}) c
    order by c.series_id, c.last_ts`,
  )
}

/** The next chunks of one series in the month that end after an instant, by time, at most `limit`. */
export async function selectChunksAfter(
  tx: Tx,
  { month }: TenantMonth,
  { id, after, limit }: { readonly id: number; readonly after: Micros; readonly limit: number },
): Promise<BinaryRows> {
  return await copyRows(
    tx,
    sql`
    select c.series_id, c.first_ts, c.unit, c.gap, c.gap8, c.value
    from (${ofSeries(sql.lit(id), month, after)} order by series_id, last_ts limit ${sql.lit(limit)}) c order by c.last_ts`,
  )
}

/** A probe of the key, as a row comparison: the plain form takes the other index on a partition that was never analysed. */
const ofSeries = (id: RawBuilder<unknown>, month: string, after: Micros): RawBuilder<unknown> => sql`
  select * from metric_chunk
  where (series_id, last_ts) > (${id}, ${literalInstant(after)}) and (series_id, last_ts) < (${id}, ${literalInstant(monthStart(addMonths(month, 1)))})
    and ${endsInMonth(month)}`

export interface SeriesNames {
  readonly id: number
  readonly service_name: string
  readonly metric_type: string
  readonly unit: string
  readonly labels: Record<string, unknown>
  /** Hexadecimal. */
  readonly identity: string
}

export async function selectSeriesNames(tx: Tx, ids: readonly number[]): Promise<readonly SeriesNames[]> {
  const { rows } = await sql<SeriesNames>`
    select id, service_name, metric_type, unit, labels, encode(identity_sha256, 'hex') as identity
    from metric_series where id = any(${list(ids)}::int[])`.execute(tx)
  return rows
}
