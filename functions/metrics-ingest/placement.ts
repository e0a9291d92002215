// Assigns points to series, and collects all refusals on the way.

import type { Tenant } from '@penstock/shared/auth/principal.ts'
import type { ResolveSeries } from '@penstock/shared/points/series.ts'
import { type DecodedPoint, type Rejection, reject } from '@penstock/shared/points/verdicts.ts'
import type { UnstampedPoint } from './stamp-order.ts'

export interface Placement {
  readonly placed: readonly UnstampedPoint[]
  /** Sorted by index. */
  readonly rejections: readonly Rejection[]
}

/**
 * Gives each point its series. When the tenant has no room for a series of an entry, the entry is rejected and none of its points is
 * placed. Safe to repeat.
 */
export async function placeOnSeries(
  resolveSeries: ResolveSeries,
  tenant: Tenant,
  points: readonly DecodedPoint[],
  rejections: readonly Rejection[],
): Promise<Placement> {
  const { ids, blocks, limitDetail } = await resolveSeries(tenant, points)
  const refused = new Set(
    limitDetail === null ? [] : points.flatMap(({ index }, i) => (ids[i] === undefined ? index : [])),
  )
  const placed: UnstampedPoint[] = []
  for (const [i, { index, at, value }] of points.entries()) {
    const series = ids[i]
    if (series !== undefined && !refused.has(index)) placed.push({ index, series, block: blocks[i] ?? 0, at, value })
  }
  const errors = [{ pointer: '', detail: limitDetail ?? '' }]
  const all = [...rejections, ...[...refused].map((index) => reject(index, 'series_limit_reached', errors))]
  return { placed, rejections: all.toSorted(byIndex) }
}

/** Returns all rejections: those from before the write, and those of months that the write found expired. */
export function withExpired(rejections: readonly Rejection[], expired: readonly number[]): readonly Rejection[] {
  if (expired.length === 0) return rejections
  const detail = 'lies in a month whose archive has expired'
  const late = expired.map((index) => reject(index, 'month_expired', [{ pointer: '/timestamp', detail }]))
  return [...rejections, ...late].toSorted(byIndex)
}

const byIndex = (a: Rejection, b: Rejection): number => a.index - b.index
