// Encodes arrays in PostgreSQL's binary format, as parameters: the driver sends a Buffer in binary, and the server reads it without
// parsing text.
import type { BinaryParameter } from '../database/pipeline.ts'

/** Object ids of the element types, which are the same in all versions of PostgreSQL. */
const INT2 = 21
const INT4 = 23
const INT8 = 20
const FLOAT8 = 701
const TIMESTAMPTZ = 1184

const HEADER_BYTES = 20
const TWO_TO_32 = 2 ** 32
/** 2000-01-01 in microseconds since 1970, PostgreSQL's zero of time. */
export const EPOCH_2000 = 946_684_800_000_000

/** Encodes a `smallint[]`. */
export function int2Array(values: ArrayLike<number>, length: number = values.length): Buffer {
  return toBuffer({
    bytes: arrayBytes(length, 2),
    write(view, start) {
      writeHeader(view, start, INT2, length)
      for (let i = 0, at = start + HEADER_BYTES; i < length; i++, at += 6) {
        view.setInt32(at, 2)
        view.setInt16(at + 4, values[i] as number)
      }
    },
  })
}

/** Encodes an `int[]`. */
export const int4Array = (values: ArrayLike<number>, length?: number): Buffer => toBuffer(int4Parameter(values, length))

/** Encodes a `bigint[]` from safe integers. */
export function int8Array(values: ArrayLike<number>, length: number = values.length): Buffer {
  return toBuffer(wholeNumbers(INT8, values, length, 0))
}

/** Encodes a `timestamptz[]` from microseconds since 1970. */
export const instantArray = (values: ArrayLike<number>, length?: number): Buffer =>
  toBuffer(instantParameter(values, length))

/** Encodes a `float8[]`. */
export const float8Array = (values: ArrayLike<number>, length?: number): Buffer =>
  toBuffer(float8Parameter(values, length))

/** `int[]` as a parameter that is written where it is sent from. */
export function int4Parameter(values: ArrayLike<number>, length: number = values.length): BinaryParameter {
  return {
    bytes: arrayBytes(length, 4),
    write(view, start) {
      writeHeader(view, start, INT4, length)
      for (let i = 0, at = start + HEADER_BYTES; i < length; i++, at += 8) {
        view.setInt32(at, 4)
        view.setInt32(at + 4, values[i] as number)
      }
    },
  }
}

/** `timestamptz[]` of microseconds since 1970 as such a parameter. */
export const instantParameter = (values: ArrayLike<number>, length: number = values.length): BinaryParameter =>
  wholeNumbers(TIMESTAMPTZ, values, length, EPOCH_2000)

/** `float8[]` as such a parameter. */
export function float8Parameter(values: ArrayLike<number>, length: number = values.length): BinaryParameter {
  return {
    bytes: arrayBytes(length, 8),
    write(view, start) {
      writeHeader(view, start, FLOAT8, length)
      for (let i = 0, at = start + HEADER_BYTES; i < length; i++, at += 12) {
        view.setInt32(at, 8)
        view.setFloat64(at + 4, values[i] as number)
      }
    },
  }
}

/** Written as two halves, because BigInt takes several times longer. */
function wholeNumbers(type: number, values: ArrayLike<number>, length: number, zero: number): BinaryParameter {
  return {
    bytes: arrayBytes(length, 8),
    write(view, start) {
      writeHeader(view, start, type, length)
      for (let i = 0, at = start + HEADER_BYTES; i < length; i++, at += 12) {
        const value = (values[i] as number) - zero
        const high = Math.floor(value / TWO_TO_32)
        view.setInt32(at, 8)
        view.setInt32(at + 4, high)
        view.setUint32(at + 8, value - high * TWO_TO_32)
      }
    },
  }
}

/** An empty array has no dimension. */
const EMPTY_BYTES = 12

const arrayBytes = (length: number, width: number): number =>
  length === 0 ? EMPTY_BYTES : HEADER_BYTES + length * (4 + width)

function writeHeader(view: DataView, at: number, type: number, length: number): void {
  view.setInt32(at, length === 0 ? 0 : 1)
  view.setInt32(at + 4, 0)
  view.setInt32(at + 8, type)
  if (length === 0) return
  view.setInt32(at + 12, length)
  view.setInt32(at + 16, 1)
}

/** A parameter for the driver, which sends a Buffer in binary. */
export function toBuffer(parameter: BinaryParameter): Buffer {
  const buffer = Buffer.allocUnsafe(parameter.bytes)
  parameter.write(new DataView(buffer.buffer, buffer.byteOffset, buffer.length), 0)
  return buffer
}
