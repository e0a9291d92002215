// The order of the instants for entries without timestamps. It depends only on the request, so a repeated request gets the same order.

import type { Micros } from '@penstock/shared/base/time.ts'
import type { PlacedPoint } from '@penstock/shared/points/points.ts'
import type { DecodedPoint } from '@penstock/shared/points/verdicts.ts'
import { SLOTS } from './stamp-queries.ts'

/** Microseconds between two instants of a slot. */
export const STRIDE: Micros = SLOTS

/** A point of a known series that may have no instant yet. */
export type UnstampedPoint = Omit<PlacedPoint, 'at'> & { readonly at: Micros | null }

/** For the index of each entry without a timestamp: how many strides its instant is after the first instant of the request. */
export type Ordinals = ReadonlyMap<number, number>

/**
 * Gives entries of one series different ordinals in their order, and all values of one entry the same. Later refusals by the tenant's
 * limit of series do not change them. Null when every entry has a timestamp.
 */
export function ordinalsOf(points: readonly DecodedPoint[]): Ordinals | null {
  if (points.every(({ at }) => at !== null)) return null
  const ordinals = new Map<number, number>()
  const next = new Map<string, number>()
  for (let from = 0, to = 0; from < points.length; from = to) {
    const index = points[from]?.index ?? 0
    while (points[to]?.index === index) to++
    if (points[from]?.at !== null) continue
    const keys = points.slice(from, to).map(seriesKey)
    const ordinal = keys.reduce((most, key) => Math.max(most, next.get(key) ?? 0), 0)
    for (const key of keys) next.set(key, ordinal + 1)
    ordinals.set(index, ordinal)
  }
  return ordinals
}

const seriesKey = ({ service, type, unit, labels }: DecodedPoint): string => `${service}\0${type}\0${unit}\0${labels}`

/** Returns the points with their instants, the first of which is `first`. */
export function stampFrom(
  first: Micros | null,
  ordinals: Ordinals | null,
  points: readonly UnstampedPoint[],
): readonly PlacedPoint[] {
  if (first === null || !ordinals) return points as readonly PlacedPoint[]
  return points.map((point) => ({ ...point, at: point.at ?? first + STRIDE * (ordinals.get(point.index) ?? 0) }))
}
