// Helpers for tests of the write path: live months, and reading the table without row security.
import { addMonths } from '@penstock/shared/base/time.ts'
import { type TestDatabase, testedStore } from '../postgres/database.ts'

/** Makes a month live directly: attached partitions, and its state. `month` is its first day. */
export async function makeLive(db: TestDatabase, month: string): Promise<void> {
  await attachPartition(db, 'metric_point', month)
  await attachPartition(db, 'metric_rollup', month)
  if (testedStore !== 'rows') {
    await attachPartition(db, 'metric_chunk', month)
    await db.query('insert into chunk_month (month) values ($1)', [month])
  }
  await db.query(`insert into metric_month (month, state) values ($1, 'live')`, [month])
}

/** The tables with a partition for each month. */
export const PARTITIONED = ['metric_point', 'metric_rollup', 'metric_chunk'] as const

/** Attaches an empty partition for a month. */
export async function attachPartition(
  db: TestDatabase,
  parent: (typeof PARTITIONED)[number],
  month: string,
): Promise<void> {
  const table = `${parent}_${month.slice(0, 7).replace('-', '_')}`
  await db.query(`create table ${table} (like ${parent} including all)`)
  await db.query(`alter table ${table} enable row level security, force row level security, owner to penstock_months`)
  await db.query(
    `alter table ${parent} attach partition ${table} for values from ('${month} 00:00:00+00') to ('${addMonths(month, 1)} 00:00:00+00')`,
  )
}

export interface StoredPoint {
  readonly tenant: number
  readonly series: number
  /** Microseconds since 1970. */
  readonly at: number
  readonly value: number
}

/** Returns every row of metric_point, in the order of series and instant. */
export async function storedPoints(db: TestDatabase): Promise<StoredPoint[]> {
  const rows = await db.query<{ tenant: number; series: number; at: string; value: number }>(
    `select tenant_id as tenant, series_id as series, (extract(epoch from ts) * 1000000)::bigint as at, value from metric_point order by series_id, ts`,
  )
  return rows.map((row) => ({ ...row, at: Number(row.at) }))
}
