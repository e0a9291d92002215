// The statements that read a month's points for the archive. The month does not change in the meantime, so each question is a short
// transaction of its own, and none is open during a wait for storage.

import { numbers } from '@penstock/shared/database/sql-values.ts'
import { inMonth, type MonthRange } from '@penstock/shared/months/month-queries.ts'
import { type PackedPoints, packedPoints, packedTimes } from '@penstock/shared/points/binary-columns.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

export interface TenantPoints {
  readonly tenantId: number
  readonly name: string
  readonly points: number
}

/** Counts the points of a month by tenant. It reads the points themselves, because a tenant that is missed here would lose its points. */
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

/** Counts the points of a month, over all tenants. */
export async function countPoints(tx: Tx, range: MonthRange): Promise<number> {
  const { rows } = await sql<{ points: string }>`
    select count(*) as points from metric_point where ${inMonth(range)}`.execute(tx)
  return Number(rows[0]?.points ?? 0)
}

export interface SeriesPlan {
  readonly id: number
  /** Series with the same service_name, metric_type and unit have the same place; places are in the archive's order. */
  readonly place: number
  readonly points: number
}

/** Returns a tenant's series that have points in a month, in the archive's order except for their labels. */
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
  /** In hexadecimal. */
  readonly identity: string
}

/** Selects the names and labels of these series. */
export async function selectSeries(tx: Tx, ids: readonly number[]): Promise<SeriesRow[]> {
  const { rows } = await sql<SeriesRow>`
    select id, service_name, metric_type, unit, labels, encode(identity_sha256, 'hex') as identity
    from metric_series where id = any(${numbers(ids)}::int[])`.execute(tx)
  return rows
}

/** Returns all points of these series in a month, unordered. Several short series are read together, in one scan of the table. */
export async function selectPointsOfSeries(
  tx: Tx,
  tenantId: number,
  range: MonthRange,
  ids: readonly number[],
): Promise<PackedPoints | undefined> {
  const { rows } = await sql<PackedPoints>`
    select ${packedPoints}
    from metric_point
    where tenant_id = ${tenantId}::int and series_id = any(${numbers(ids)}::int[]) and ${inMonth(range)}`.execute(tx)
  return rows[0]
}

/** Returns points of one long series in a month, oldest first, after an instant (null: from the first), at most `limit`. */
export async function selectPointsAfter(
  tx: Tx,
  tenantId: number,
  range: MonthRange,
  { id, after, limit }: { readonly id: number; readonly after: number | null; readonly limit: number },
): Promise<PackedPoints | undefined> {
  const { rows } = await sql<PackedPoints>`
    select null as series, ${packedTimes}
    from (
      select ts, value from metric_point
      where tenant_id = ${tenantId}::int and series_id = ${id}::int and ${inMonth(range)}
        and (${after}::int8 is null or ts > timestamptz 'epoch' + ${after}::int8 * interval '1 microsecond')
      order by ts limit ${limit}::int
    ) p`.execute(tx)
  return rows[0]
}
