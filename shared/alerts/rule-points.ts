// Reads the points of a rule's series from the log and chunks, or from the live months of `metric_point`.
import type { Transaction } from 'kysely'
import type { Micros } from '../base/time.ts'
import type { SeriesPoints } from '../points/merge-series.ts'
import { readSeries } from '../points/read-series.ts'
import { pointsDuring } from '../reading/live-points.ts'
import { splitBySeries } from '../reading/range-points.ts'
import type { Database } from '../schema/index.ts'
import type { RuleSeries } from './rule-series.ts'

export interface PointsAsk {
  readonly tenantId: number
  readonly series: readonly RuleSeries[]
  readonly from: Micros
  readonly to: Micros
  /** Maximum points to read from `metric_point`. */
  readonly limit: number
}

/**
 * Returns the points of at most 1,000 series by their ids, with one statement, and so from one snapshot. Series without points are missing.
 */
export async function readRulePoints(
  tx: Transaction<Database>,
  isLogStore: boolean,
  { tenantId, series, from, to, limit }: PointsAsk,
): Promise<ReadonlyMap<number, SeriesPoints>> {
  if (series.length === 0) return new Map()
  if (isLogStore) return await readSeries(tx, { tenantId, series, from, to })
  const ids = series.map(({ id }) => id)
  return splitBySeries(await pointsDuring(tx, { tenantId, ids }, [{ from, to }], limit))
}

/** Returns the units of the series that have points, sorted. */
export function unitsWithPoints(
  series: readonly RuleSeries[],
  points: ReadonlyMap<number, SeriesPoints>,
): readonly string[] {
  return [...new Set(series.flatMap(({ id, unit }) => (points.has(id) ? [unit] : [])))].toSorted()
}
