// The statements that move a tenant's month of rows into chunks.
import { addMonths, monthStart } from '@penstock/shared/base/time.ts'
import type { TenantMonth } from '@penstock/shared/lifecycle/run-queries.ts'
import { type BinaryRows, copyRows } from '@penstock/shared/points/binary-rows.ts'
import { literalInstant } from '@penstock/shared/points/stored-rows.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

/** A place among the rows of a tenant's month, by series and time. */
export interface RowPlace {
  readonly series: number
  /** PostgreSQL's text. */
  readonly ts: string
}

/** Returns the tenant's months that are still rows, the newest first. */
export async function selectRowMonths(tx: Tx, tenantId: number): Promise<readonly string[]> {
  const { rows } = await sql<{ month: string }>`
    select month::text as month from row_month where tenant_id = ${tenantId}::int order by month desc`.execute(tx)
  return rows.map(({ month }) => month)
}

/** Returns the place up to which the month's rows are in chunks; undefined when the month is moved. */
export async function selectRowPlace(tx: Tx, { tenantId, month }: TenantMonth): Promise<RowPlace | undefined> {
  const { rows } = await sql<RowPlace>`
    select series_id as series, ts::text as ts from row_month where tenant_id = ${tenantId}::int and month = ${month}::date`.execute(
    tx,
  )
  return rows[0]
}

/**
 * Returns the next rows of the month after a place, by series and time, at most `limit`: series_id, ts, value. They are found series by series, because
 * the key of a partition begins with the series.
 */
export async function selectRowsAfter(
  tx: Tx,
  { tenantId, month }: TenantMonth,
  after: RowPlace,
  limit: number,
): Promise<BinaryRows> {
  const [from, end] = [literalInstant(monthStart(month)), literalInstant(monthStart(addMonths(month, 1)))]
  return await copyRows(
    tx,
    sql`
    select p.series_id, p.ts, p.value
    from (
      select id from metric_series where tenant_id = ${sql.lit(tenantId)} and id >= ${sql.lit(after.series)} order by id offset 0
    ) s cross join lateral (
      select series_id, ts, value from metric_point
      where series_id = s.id and ts >= ${from} and ts < ${end} and (s.id > ${sql.lit(after.series)} or ts > ${sql.lit(after.ts)}::timestamptz)
      order by ts
    ) p limit ${sql.lit(limit)}`,
  )
}

export async function moveRowPlace(
  tx: Tx,
  { tenantId, month }: TenantMonth,
  { series, at, points }: { readonly series: number; readonly at: number; readonly points: number },
): Promise<void> {
  await sql`
    update row_month set series_id = ${series}::int, ts = ${literalInstant(at)}, points = points + ${points}::bigint
    where tenant_id = ${tenantId}::int and month = ${month}::date`.execute(tx)
}

/** Records that the month is moved: after the commit, it is read from chunks. */
export async function deleteRowMonth(tx: Tx, { tenantId, month }: TenantMonth): Promise<void> {
  await sql`delete from row_month where tenant_id = ${tenantId}::int and month = ${month}::date`.execute(tx)
}
