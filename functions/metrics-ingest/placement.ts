// From verdicts to points of known series, and all that was refused on the way.

import type { PlacedPoint } from '@penstock/shared/points.ts'
import type { Tenant } from '@penstock/shared/principal.ts'
import type { ResolveSeries } from '@penstock/shared/series.ts'
import { type DecodedPoint, type Rejection, reject } from '@penstock/shared/verdicts.ts'

export interface Placement {
  readonly placed: readonly PlacedPoint[]
  /** Sorted by index. */
  readonly rejections: readonly Rejection[]
}

/** Gives each point its series; those for which the tenant has no room join the rejections. Safe to repeat. */
export async function placeOnSeries(
  resolveSeries: ResolveSeries,
  tenant: Tenant,
  points: readonly DecodedPoint[],
  rejections: readonly Rejection[],
): Promise<Placement> {
  const { ids, blocks, limitDetail } = await resolveSeries(tenant, points)
  const placed: PlacedPoint[] = []
  const all = [...rejections]
  for (const [i, point] of points.entries()) {
    const series = ids[i]
    if (series !== undefined)
      placed.push({ index: point.index, series, block: blocks[i] ?? 0, at: point.at, value: point.value })
    else all.push(reject(point.index, 'series_limit_reached', [{ pointer: '', detail: limitDetail ?? '' }]))
  }
  return { placed, rejections: all.toSorted(byIndex) }
}

/** All rejections: those decided before the write, and those of months that the write found expired. */
export function withExpired(rejections: readonly Rejection[], expired: readonly number[]): readonly Rejection[] {
  if (expired.length === 0) return rejections
  const detail = 'lies in a month whose archive has expired'
  const late = expired.map((index) => reject(index, 'month_expired', [{ pointer: '/timestamp', detail }]))
  return [...rejections, ...late].toSorted(byIndex)
}

const byIndex = (a: Rejection, b: Rejection): number => a.index - b.index
