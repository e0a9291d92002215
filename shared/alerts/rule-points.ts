// Reads the points of a rule's series from the log and chunks.
import type { Transaction } from 'kysely'
import type { Micros } from '../base/time.ts'
import type { SeriesPoints } from '../points/merge-series.ts'
import { readSeries } from '../points/read-series.ts'
import type { Database } from '../schema/index.ts'
import type { RuleSeries } from './rule-series.ts'

export interface PointsAsk {
  readonly tenantId: number
  readonly series: readonly RuleSeries[]
  readonly from: Micros
  readonly to: Micros
}

/**
 * Returns the points of at most 1,000 series by their ids, with one statement, and so from one snapshot. Series without points are missing.
 */
export async function readRulePoints(
  tx: Transaction<Database>,
  { tenantId, series, from, to }: PointsAsk,
): Promise<ReadonlyMap<number, SeriesPoints>> {
  return series.length === 0 ? new Map() : await readSeries(tx, { tenantId, series, from, to })
}

/** Returns the units of the series that have points, sorted. */
export function unitsWithPoints(
  series: readonly RuleSeries[],
  points: ReadonlyMap<number, SeriesPoints>,
): readonly string[] {
  return [...new Set(series.flatMap(({ id, unit }) => (points.has(id) ? [unit] : [])))].toSorted()
}
