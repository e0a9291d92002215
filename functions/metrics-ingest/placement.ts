// Assigns points to series, and collects all refusals on the way.

import type { Tenant } from '@penstock/shared/auth/principal.ts'
import { makePlacedColumns, type PlacedColumns } from '@penstock/shared/points/columns.ts'
import type { NamedColumns } from '@penstock/shared/points/named-columns.ts'
import type { ResolvedSeries, SeriesResolver } from '@penstock/shared/points/series.ts'
import { type Rejection, reject } from '@penstock/shared/points/verdicts.ts'

export interface Placement {
  /** `at` is NaN where an entry has no instant of its own. */
  readonly placed: PlacedColumns
  /** The epoch in which the points' series have their ids. */
  readonly epoch: number
  /** Sorted by index. */
  readonly rejections: readonly Rejection[]
}

/**
 * Gives each point its series. When the tenant has no room for a series of an entry, the entry is rejected and none of its points is
 * placed. Safe to repeat.
 */
export async function placeOnSeries(
  resolver: SeriesResolver,
  tenant: Tenant,
  points: NamedColumns,
  rejections: readonly Rejection[],
): Promise<Placement> {
  const resolved = await resolver.resolve(tenant, points)
  const { epoch, limitDetail } = resolved
  if (limitDetail === null) return { placed: place(points, resolved), epoch, rejections }
  const refused = entriesWithoutRoom(points, resolved)
  const errors = [{ pointer: '', detail: limitDetail }]
  const all = [...rejections, ...[...refused].map((index) => reject(index, 'series_limit_reached', errors))]
  return { placed: place(points, resolved, refused), epoch, rejections: all.toSorted(byIndex) }
}

function entriesWithoutRoom({ length, entry, name }: NamedColumns, { series }: ResolvedSeries): ReadonlySet<number> {
  const refused = new Set<number>()
  for (let i = 0; i < length; i++) if (series[name[i] as number]?.id === 0) refused.add(entry[i] as number)
  return refused
}

function place(points: NamedColumns, { series }: ResolvedSeries, refused?: ReadonlySet<number>): PlacedColumns {
  const ids = Int32Array.from(series, ({ id }) => id)
  const blocks = Int32Array.from(series, ({ block }) => block)
  const placed = makePlacedColumns(points.length)
  let length = 0
  for (let i = 0; i < points.length; i++) {
    const entry = points.entry[i] as number
    if (refused?.has(entry)) continue
    const name = points.name[i] as number
    placed.entry[length] = entry
    placed.series[length] = ids[name] as number
    placed.block[length] = blocks[name] as number
    placed.at[length] = points.at[i] as number
    placed.value[length++] = points.value[i] as number
  }
  return { ...placed, length }
}

/** Returns all rejections: those from before the write, and those of months that the write found expired. */
export function withExpired(rejections: readonly Rejection[], expired: readonly number[]): readonly Rejection[] {
  if (expired.length === 0) return rejections
  const detail = 'lies in a month whose archive has expired'
  const late = expired.map((index) => reject(index, 'month_expired', [{ pointer: '/timestamp', detail }]))
  return [...rejections, ...late].toSorted(byIndex)
}

const byIndex = (a: Rejection, b: Rejection): number => a.index - b.index
