// Points as columns: an object for each row of a page would cost more than everything else.
import { float8s, instants, int4s, type PackedPoints } from '@penstock/shared/points/binary-columns.ts'
import type { SentOfOne } from '../queries.ts'

/** Points in the order of their page; the columns have one length. */
export interface Points {
  readonly series: Int32Array
  /** Microseconds since 1970. */
  readonly at: Float64Array
  readonly value: Float64Array
}

/** Reads the three received columns. */
export function readPoints({ series, at, value }: PackedPoints): Points {
  return { series: int4s(series), at: instants(at), value: float8s(value) }
}

/** Reads the received columns of one series. */
export function readPointsOf(id: number, { at, value }: SentOfOne): Points {
  const points = { at: instants(at), value: float8s(value) }
  return { series: new Int32Array(points.at.length).fill(id), ...points }
}

/** Concatenates points. */
export function joinPoints(parts: readonly Points[]): Points {
  const [first] = parts
  if (first && parts.length === 1) return first
  const length = parts.reduce((sum, part) => sum + part.at.length, 0)
  const joined = { series: new Int32Array(length), at: new Float64Array(length), value: new Float64Array(length) }
  let offset = 0
  for (const { series, at, value } of parts) {
    joined.series.set(series, offset)
    joined.at.set(at, offset)
    joined.value.set(value, offset)
    offset += at.length
  }
  return joined
}

/** Returns a part of the points, in the same memory. */
export function takePoints({ series, at, value }: Points, skip: number, limit: number): Points {
  const end = skip + limit
  return { series: series.subarray(skip, end), at: at.subarray(skip, end), value: value.subarray(skip, end) }
}

/** Returns the series of all points when they have the same; undefined otherwise. */
export function onlySeries(series: Int32Array): number | undefined {
  const first = series[0]
  for (let i = 1; i < series.length; i++) if (series[i] !== first) return undefined
  return first
}
