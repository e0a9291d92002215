// The order of the instants for entries without timestamps. It depends only on the request, so a repeated request gets the same order.

import type { Micros } from '@penstock/shared/base/time.ts'
import type { PlacedColumns } from '@penstock/shared/points/columns.ts'
import type { NamedColumns } from '@penstock/shared/points/named-columns.ts'
import { SLOTS } from './stamp-queries.ts'

/** Microseconds between two instants of a slot. */
export const STRIDE: Micros = SLOTS

/** For the index of each entry without a timestamp: how many strides its instant is after the first instant of the request. */
export type Ordinals = ReadonlyMap<number, number>

/**
 * Gives entries of one series different ordinals in their order, and all values of one entry the same. Later refusals by the tenant's
 * limit of series do not change them. Null when every entry has a timestamp.
 */
export function ordinalsOf({ length, entry, name, at, series }: NamedColumns): Ordinals | null {
  if (!hasUnstamped(at, length)) return null
  const ordinals = new Map<number, number>()
  const next = new Int32Array(series.length)
  for (let from = 0, to = 0; from < length; from = to) {
    while (to < length && entry[to] === entry[from]) to++
    if (!Number.isNaN(at[from])) continue
    let ordinal = 0
    for (let i = from; i < to; i++) ordinal = Math.max(ordinal, next[name[i] as number] as number)
    for (let i = from; i < to; i++) next[name[i] as number] = ordinal + 1
    ordinals.set(entry[from] as number, ordinal)
  }
  return ordinals
}

function hasUnstamped(at: Float64Array, length: number): boolean {
  for (let i = 0; i < length; i++) if (Number.isNaN(at[i])) return true
  return false
}

/** Returns the points with their instants, the first of which is `first`. */
export function stampFrom(first: Micros | null, ordinals: Ordinals | null, points: PlacedColumns): PlacedColumns {
  if (first === null || !ordinals) return points
  const at = points.at.slice(0, points.length)
  for (let i = 0; i < at.length; i++)
    if (Number.isNaN(at[i])) at[i] = first + STRIDE * (ordinals.get(points.entry[i] as number) ?? 0)
  return { ...points, at }
}
