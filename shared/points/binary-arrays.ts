// Encodes arrays in PostgreSQL's binary format, as parameters: the driver sends a Buffer in binary, and the server reads it without
// parsing text.

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
  const { bytes, view } = begin(INT2, length, 2)
  for (let i = 0, at = HEADER_BYTES; i < length; i++, at += 6) {
    view.setInt32(at, 2)
    view.setInt16(at + 4, values[i] as number)
  }
  return bytes
}

/** Encodes an `int[]`. */
export function int4Array(values: ArrayLike<number>, length: number = values.length): Buffer {
  const { bytes, view } = begin(INT4, length, 4)
  for (let i = 0, at = HEADER_BYTES; i < length; i++, at += 8) {
    view.setInt32(at, 4)
    view.setInt32(at + 4, values[i] as number)
  }
  return bytes
}

/** Encodes a `bigint[]` from safe integers. */
export function int8Array(values: ArrayLike<number>, length: number = values.length): Buffer {
  return wholeNumbers(INT8, values, length, 0)
}

/** Encodes a `timestamptz[]` from microseconds since 1970. */
export function instantArray(values: ArrayLike<number>, length: number = values.length): Buffer {
  return wholeNumbers(TIMESTAMPTZ, values, length, EPOCH_2000)
}

/** Encodes a `float8[]`. */
export function float8Array(values: ArrayLike<number>, length: number = values.length): Buffer {
  const { bytes, view } = begin(FLOAT8, length, 8)
  for (let i = 0, at = HEADER_BYTES; i < length; i++, at += 12) {
    view.setInt32(at, 8)
    view.setFloat64(at + 4, values[i] as number)
  }
  return bytes
}

/** Written as two halves, because BigInt takes several times longer. */
function wholeNumbers(type: number, values: ArrayLike<number>, length: number, zero: number): Buffer {
  const { bytes, view } = begin(type, length, 8)
  for (let i = 0, at = HEADER_BYTES; i < length; i++, at += 12) {
    const value = (values[i] as number) - zero
    const high = Math.floor(value / TWO_TO_32)
    view.setInt32(at, 8)
    view.setInt32(at + 4, high)
    view.setUint32(at + 8, value - high * TWO_TO_32)
  }
  return bytes
}

/** Begins an array with one dimension and lower bound 1; an empty array has no dimension. */
function begin(type: number, length: number, width: number): { readonly bytes: Buffer; readonly view: DataView } {
  const bytes = Buffer.allocUnsafe(length === 0 ? 12 : HEADER_BYTES + length * (4 + width))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  view.setInt32(0, length === 0 ? 0 : 1)
  view.setInt32(4, 0)
  view.setInt32(8, type)
  if (length > 0) {
    view.setInt32(12, length)
    view.setInt32(16, 1)
  }
  return { bytes, view }
}
