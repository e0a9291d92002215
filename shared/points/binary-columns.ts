// Reads columns in PostgreSQL's binary format, several times as fast as text.
import type { Buffer } from 'node:buffer'

/** Reads a column of `int4send`: numbers of 4 bytes, big endian; null when there is no row. */
export function int4s(packed: Buffer | null | undefined): Int32Array {
  const view = packed ? new DataView(packed.buffer, packed.byteOffset, packed.length) : new DataView(new ArrayBuffer(0))
  const read = new Int32Array(view.byteLength / 4)
  for (let i = 0; i < read.length; i++) read[i] = view.getInt32(i * 4)
  return read
}
