// Reads rows in PostgreSQL's binary format in place, as COPY sends them.
import { type RawBuilder, sql, type Transaction } from 'kysely'
import { textOfStatement } from '../database/pipeline-statement.ts'
import type { Database } from '../schema/index.ts'
import { EPOCH_2000 } from './binary-arrays.ts'

/**
 * Runs a query without parameters and returns its rows in binary. The query is `copy (…) to stdout (format binary)`, whose values must be
 * written into its text: only numbers and instants, by `sql.lit`.
 */
export async function copyRows(tx: Transaction<Database>, query: RawBuilder<unknown>): Promise<BinaryRows> {
  const { rows } = await copyOf(query).execute(tx)
  return readBinaryRows(rows[0]?.bytes ?? Buffer.allocUnsafeSlow(0))
}

const copyOf = (query: RawBuilder<unknown>): RawBuilder<{ readonly bytes: Buffer }> =>
  sql`copy (${query}) to stdout (format binary)`

/** Returns the text of the statement of `copyRows`. */
export const copyText = (query: RawBuilder<unknown>): string => textOfStatement(copyOf(query))

/**
 * A cursor over the rows: `next` moves to the next row, the other methods read its fields in their order. When `next` returns false, the memory of
 * the rows is released, and nothing more can be read.
 */
export interface BinaryRows {
  /** Moves to the next row; returns false after the last one. */
  next(): boolean
  /** Returns true when the next field is null, and then skips it. */
  isNull(): boolean
  int2(): number
  int4(): number
  /** Reads a 64-bit number below 2^53, such as an xid8. */
  int8(): number
  /** Reads an instant in microseconds since 1970. */
  instant(): number
  float8(): number
  /** Returns the number of elements of the array that the next call of `int4s`, `int8s`, `instants` or `float8s` reads; 0 for null. */
  count(): number
  /** Each of these reads an array, writes its elements to `to` from index `at` on, and returns their number. */
  int4s(to: Numbers, at: number): number
  int8s(to: Numbers, at: number): number
  instants(to: Numbers, at: number): number
  float8s(to: Numbers, at: number): number
}

type Numbers = Int32Array | Float64Array

const SIGNATURE_BYTES = 19
const ARRAY_HEADER_BYTES = 20
const NULL = -1
const TWO_TO_32 = 2 ** 32

/** Reads the bytes that `copyText` returned, and takes them over. */
export function readBinaryRows(bytes: Buffer): BinaryRows {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let place = SIGNATURE_BYTES

  const int8At = (at: number): number => view.getInt32(at) * TWO_TO_32 + view.getUint32(at + 4)
  /** Skips the length of a field. */
  const field = (): number => {
    const at = place + 4
    place = at + view.getInt32(place)
    return at
  }
  const array = (): FoundArray => {
    const length = view.getInt32(place)
    if (length === NULL) {
      place += 4
      return { begin: 0, count: 0 }
    }
    const at = field()
    return { begin: at + ARRAY_HEADER_BYTES + 4, count: length < ARRAY_HEADER_BYTES ? 0 : view.getInt32(at + 12) }
  }
  return {
    next() {
      if (place + 2 <= bytes.length && view.getInt16(place) !== NULL) {
        place += 2
        return true
      }
      // Without it, garbage collections take as long as reading the rows.
      if (bytes.length > 0) (bytes.buffer as ArrayBuffer).transfer(0)
      return false
    },
    isNull() {
      if (view.getInt32(place) !== NULL) return false
      place += 4
      return true
    },
    int2: () => view.getInt16(field()),
    int4: () => view.getInt32(field()),
    int8: () => int8At(field()),
    instant: () => int8At(field()) + EPOCH_2000,
    float8: () => view.getFloat64(field()),
    count: () => (view.getInt32(place) < ARRAY_HEADER_BYTES ? 0 : view.getInt32(place + 16)),
    ...arrayReaders(view, array),
  }
}

/** An array that was skipped: its first element is at `begin`, after its own length. */
interface FoundArray {
  readonly begin: number
  readonly count: number
}

/** A separate loop for each type, because a function call per element costs more than reading it. */
const arrayReaders = (
  view: DataView,
  array: () => FoundArray,
): Pick<BinaryRows, 'int4s' | 'int8s' | 'instants' | 'float8s'> => ({
  int4s(to, from) {
    const { begin, count } = array()
    for (let i = 0, at = begin; i < count; i++, at += 8) to[from + i] = view.getInt32(at)
    return count
  },
  int8s(to, from) {
    const { begin, count } = array()
    for (let i = 0, at = begin; i < count; i++, at += 12)
      to[from + i] = view.getInt32(at) * TWO_TO_32 + view.getUint32(at + 4)
    return count
  },
  instants(to, from) {
    const { begin, count } = array()
    for (let i = 0, at = begin; i < count; i++, at += 12)
      to[from + i] = view.getInt32(at) * TWO_TO_32 + view.getUint32(at + 4) + EPOCH_2000
    return count
  },
  float8s(to, from) {
    const { begin, count } = array()
    for (let i = 0, at = begin; i < count; i++, at += 12) to[from + i] = view.getFloat64(at)
    return count
  },
})
