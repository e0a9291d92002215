// Reads and writes points in PostgreSQL's binary format, several times as fast as text: columns as queries send them, rows as COPY takes
// them.
// https://www.postgresql.org/docs/15/datatype-datetime.html, https://www.postgresql.org/docs/15/sql-copy.html#id-1.9.3.55.9.4
import { Buffer } from 'node:buffer'
import { sql } from 'kysely'
import { type Micros, monthStart } from '../base/time.ts'

/** 2000-01-01 in microseconds since 1970, PostgreSQL's zero of time. */
const EPOCH_2000 = monthStart('2000-01-01')
const TWO_TO_32 = 2 ** 32

/**
 * Columns of points: ids of 4 bytes, times of 8 in microseconds since 2000, and doubles, all big endian; null when there is no row. For
 * 3,600 rows the driver took 3 ms with text and takes 0.6 ms with this, and the server needs a fifth less.
 */
export interface PackedPoints {
  readonly series: Buffer | null
  readonly at: Buffer | null
  readonly value: Buffer | null
}

export const noPoints: PackedPoints = { series: null, at: null, value: null }

/** The select list for the times and values of a subquery of points, in the order of its rows. */
export const packedTimes = sql`string_agg(timestamptz_send(ts), '') as at, string_agg(float8send(value), '') as value`

/** The select list for all three columns of a subquery of points, in the order of its rows. */
export const packedPoints = sql`string_agg(int4send(series_id), '') as series, ${packedTimes}`

/** Reads a column of `int4send`. */
export function int4s(packed: Buffer | null | undefined): Int32Array {
  const view = viewOf(packed)
  const read = new Int32Array(view.byteLength / 4)
  for (let i = 0; i < read.length; i++) read[i] = view.getInt32(i * 4)
  return read
}

/** Reads a column of `timestamptz_send` as microseconds since 1970. */
export function instants(packed: Buffer | null | undefined): Float64Array {
  const view = viewOf(packed)
  const read = new Float64Array(view.byteLength / 8)
  // In halves, because a bigint takes five times as long. The epoch is added first, so that every intermediate number is exact.
  for (let i = 0; i < read.length; i++)
    read[i] = view.getInt32(i * 8) * TWO_TO_32 + EPOCH_2000 + view.getUint32(i * 8 + 4)
  return read
}

/** Reads a column of `float8send`. */
export function float8s(packed: Buffer | null | undefined): Float64Array {
  const view = viewOf(packed)
  const read = new Float64Array(view.byteLength / 8)
  for (let i = 0; i < read.length; i++) read[i] = view.getFloat64(i * 8)
  return read
}

/** A DataView takes half the time of Buffer's own methods, which check their arguments. */
const viewOf = (packed: Buffer | null | undefined): DataView =>
  packed ? new DataView(packed.buffer, packed.byteOffset, packed.length) : new DataView(new ArrayBuffer(0))

export const COPY_HEADER: Uint8Array = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
export const COPY_TRAILER: Uint8Array = Buffer.from([0xff, 0xff])

/** Returns the bytes of a COPY row with `keys` int4 keys, a timestamptz and a float8, each after its length. */
export const pointRowBytes = (keys: number): number => 2 + keys * (4 + 4) + (4 + 8) + (4 + 8)

/** Writes a COPY row of int4 keys, a timestamptz and a float8 from byte `start` on. Returns the byte at which the row ends. */
export function putPointRow(
  view: DataView,
  start: number,
  keys: readonly number[],
  { at, value }: { readonly at: Micros; readonly value: number },
): number {
  view.setInt16(start, keys.length + 2)
  let end = start + 2
  for (const key of keys) {
    view.setInt32(end, 4)
    view.setInt32(end + 4, key)
    end += 8
  }
  const instant = at - EPOCH_2000
  const high = Math.floor(instant / TWO_TO_32)
  view.setInt32(end, 8)
  view.setInt32(end + 4, high)
  view.setUint32(end + 8, instant - high * TWO_TO_32)
  view.setInt32(end + 12, 8)
  view.setFloat64(end + 16, value)
  return end + 24
}
