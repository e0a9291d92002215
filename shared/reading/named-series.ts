// The names and labels of series, and the keys by which they are found in archive objects.
import { sql, type Transaction } from 'kysely'
import { seriesKey } from '../archive/metric-parquet-footer.ts'
import type { Wanted } from '../archive/metric-parquet-rows.ts'
import { numbers } from '../database/sql-values.ts'
import { canonicalLabels } from '../points/labels.ts'
import type { Database } from '../schema/index.ts'

export interface SeriesRow {
  readonly id: number
  readonly service_name: string
  readonly metric_type: string
  readonly unit: string
  readonly labels: Record<string, unknown>
}

/** Selects the names and labels of these series. */
export async function describeSeries(
  tx: Transaction<Database>,
  tenantId: number,
  ids: readonly number[],
): Promise<readonly SeriesRow[]> {
  const { rows } = await sql<SeriesRow>`
    select s.id, s.service_name, s.metric_type, s.unit, s.labels
    from metric_series s where s.tenant_id = ${tenantId}::int and s.id = any(${numbers(ids)}::int[])
  `.execute(tx)
  return rows
}

/** The series to look for in objects. */
export type WantedSeries = Pick<Wanted, 'keys' | 'ids'>

/** Returns the keys of these series. */
export function toWanted(rows: readonly SeriesRow[]): WantedSeries {
  const keyed = rows.map(({ id, service_name, metric_type, unit, labels }) => ({
    id,
    key: seriesKey([service_name, metric_type, unit, canonicalLabels(labels)]),
  }))
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1))
  return { keys: keyed.map(({ key }) => key), ids: keyed.map(({ id }) => id) }
}

/** Memory of a series in addition to its key. */
const SERIES_OVERHEAD = 100

/** Returns the memory of these series in bytes. */
export const bytesOfWanted = ({ keys }: WantedSeries): number =>
  keys.reduce((sum, key) => sum + key.length + SERIES_OVERHEAD, 0)
