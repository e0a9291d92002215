// Encodes a chunk's points for COPY.
import { COPY_HEADER, COPY_TRAILER, pointRowBytes, putPointRow } from '@penstock/shared/points/binary-columns.ts'
import type { Chunk } from '../chunk.ts'

/** Returns rows of (series_id, ts, value) in the order of `places`, with COPY's header and trailer. */
export function toCopyRows(
  { of, at, value }: Pick<Chunk, 'of' | 'at' | 'value'>,
  places: Uint32Array,
  ids: readonly (number | undefined)[],
): Buffer {
  const buffer = Buffer.allocUnsafe(COPY_HEADER.length + places.length * pointRowBytes(1) + COPY_TRAILER.length)
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
  buffer.set(COPY_HEADER)
  let end = COPY_HEADER.length
  for (const place of places)
    end = putPointRow(view, end, [ids[of[place] ?? 0] ?? 0], { at: at[place] ?? 0, value: value[place] ?? 0 })
  buffer.set(COPY_TRAILER, end)
  return buffer
}
