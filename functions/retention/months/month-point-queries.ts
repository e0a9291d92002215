// functions/retention/months/month-point-queries.ts: what a month's points are asked when they are archived. The month does not change
// meanwhile, so each question is a short transaction of its own, and none is open while storage is waited for.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

/** From the first instant of a month to that of the next one, exclusive: timestamptz literals with their zone. */
export interface MonthRange {
  readonly from: string
  readonly to: string
}

export interface TenantPoints {
  readonly tenantId: number
  readonly name: string
  readonly points: number
}

/** Whose points a month has, and how many each. By the points themselves: what is not counted here would be lost. */
export async function selectTenants(tx: Tx, range: MonthRange): Promise<TenantPoints[]> {
  const { rows } = await sql<{ tenant_id: number; name: string | null; points: string }>`
    select p.tenant_id, t.name, p.points
    from (select tenant_id, count(*) as points from metric_point where ${inMonth(range)} group by tenant_id) p
    left join tenant t on t.id = p.tenant_id
    order by p.tenant_id`.execute(tx)
  return rows.map(({ tenant_id: tenantId, name, points }) => {
    if (name === null) throw new Error(`points of tenant ${tenantId}, which does not exist`)
    return { tenantId, name, points: Number(points) }
  })
}

/** How many points a month has, of all tenants. */
export async function countPoints(tx: Tx, range: MonthRange): Promise<number> {
  const { rows } = await sql<{ points: string }>`
    select count(*) as points from metric_point where ${inMonth(range)}`.execute(tx)
  return Number(rows[0]?.points ?? 0)
}

export interface SeriesPlan {
  readonly id: number
  /** Series of one service_name, metric_type and unit have the same place; places are in the archive's order. */
  readonly place: number
  readonly points: number
}

/** A tenant's series that have points in a month, in the archive's order but for their labels. */
export async function selectSeriesPlan(tx: Tx, tenantId: number, range: MonthRange): Promise<SeriesPlan[]> {
  const { rows } = await sql<SeriesPlan>`
    select s.id,
      dense_rank() over (order by s.service_name collate "C", s.metric_type collate "C", s.unit collate "C")::int as place,
      count(*)::int as points
    from metric_series s join metric_point p on p.series_id = s.id and p.tenant_id = s.tenant_id
    where s.tenant_id = ${tenantId}::int and p.ts >= ${range.from}::timestamptz and p.ts < ${range.to}::timestamptz
    group by s.id
    order by place, s.id`.execute(tx)
  return rows
}

export interface SeriesRow {
  readonly id: number
  readonly service_name: string
  readonly metric_type: string
  readonly unit: string
  readonly labels: Record<string, unknown>
  /** Hexadecimal. */
  readonly identity: string
}

/** What these series are called. */
export async function selectSeries(tx: Tx, ids: readonly number[]): Promise<SeriesRow[]> {
  const { rows } = await sql<SeriesRow>`
    select id, service_name, metric_type, unit, labels, encode(identity_sha256, 'hex') as identity
    from metric_series where id = any(${numbers(ids)}::int[])`.execute(tx)
  return rows
}

/** Columns in PostgreSQL's binary form, row by row the same order; null when there is no row. */
export interface PackedPoints {
  readonly series: Buffer | null
  readonly at: Buffer | null
  readonly value: Buffer | null
}

/** All points of these series in a month, in no order. Several short series at once: one look at the table for all of them. */
export async function selectPointsOfSeries(
  tx: Tx,
  tenantId: number,
  range: MonthRange,
  ids: readonly number[],
): Promise<PackedPoints | undefined> {
  const { rows } = await sql<PackedPoints>`
    select string_agg(int4send(series_id), '') as series, string_agg(timestamptz_send(ts), '') as at, string_agg(float8send(value), '') as value
    from metric_point
    where tenant_id = ${tenantId}::int and series_id = any(${numbers(ids)}::int[]) and ${inMonth(range)}`.execute(tx)
  return rows[0]
}

/** Points of one long series in a month, oldest first, from after an instant (null: from the first), at most `limit`. */
export async function selectPointsAfter(
  tx: Tx,
  tenantId: number,
  range: MonthRange,
  { id, after, limit }: { readonly id: number; readonly after: number | null; readonly limit: number },
): Promise<PackedPoints | undefined> {
  const { rows } = await sql<PackedPoints>`
    select null as series, string_agg(timestamptz_send(ts), '' order by ts) as at, string_agg(float8send(value), '' order by ts) as value
    from (
      select ts, value from metric_point
      where tenant_id = ${tenantId}::int and series_id = ${id}::int and ${inMonth(range)}
        and (${after}::int8 is null or ts > timestamptz 'epoch' + ${after}::int8 * interval '1 microsecond')
      order by ts limit ${limit}::int
    ) p`.execute(tx)
  return rows[0]
}

const inMonth = ({ from, to }: MonthRange) => sql`ts >= ${from}::timestamptz and ts < ${to}::timestamptz`

/** An array as PostgreSQL writes it. For numbers alone; several times faster than the driver's general way. */
const numbers = (values: readonly number[]): string => `{${values.join(',')}}`
