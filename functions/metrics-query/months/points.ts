// Points as columns: an object for each row of a page would cost more than all that is done with it.
import { monthStart } from '@penstock/shared/base/time.ts'
import type { SentOfOne, SentPoints } from '../queries.ts'

/** Points in the order of their page; the columns have one length. */
export interface Points {
  readonly series: Int32Array
  /** Microseconds since 1970. */
  readonly at: Float64Array
  readonly value: Float64Array
}

/** PostgreSQL counts from the year 2000: https://www.postgresql.org/docs/15/datatype-datetime.html */
const EPOCH_2000 = monthStart('2000-01-01')

/** What was sent, as numbers. */
export function readPoints(sent: SentPoints): Points {
  const points = readPointsOf(0, sent)
  const ids = viewOf(sent.series)
  for (let i = 0; i < points.series.length; i++) points.series[i] = ids.getInt32(i * 4)
  return points
}

/** What was sent of one series, as numbers. */
export function readPointsOf(id: number, { at, value }: SentOfOne): Points {
  const [instants, values] = [viewOf(at), viewOf(value)]
  const length = instants.byteLength / 8
  const points = {
    series: new Int32Array(length).fill(id),
    at: new Float64Array(length),
    value: new Float64Array(length),
  }
  for (let i = 0; i < length; i++) {
    // In halves: a bigint would take five times as long. The epoch comes first, so that every step is a number that is exact.
    points.at[i] = instants.getInt32(i * 8) * 2 ** 32 + EPOCH_2000 + instants.getUint32(i * 8 + 4)
    points.value[i] = values.getFloat64(i * 8)
  }
  return points
}

/** One behind the other. */
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

/** A part of them, on the same memory. */
export function takePoints({ series, at, value }: Points, skip: number, limit: number): Points {
  const end = skip + limit
  return { series: series.subarray(skip, end), at: at.subarray(skip, end), value: value.subarray(skip, end) }
}

const viewOf = (bytes: Buffer | null): DataView =>
  bytes ? new DataView(bytes.buffer, bytes.byteOffset, bytes.length) : new DataView(new ArrayBuffer(0))
