// Reads an object from its first byte to its last, by range requests.

import { crc32c, crc32cText } from '../base/crc32c.ts'
import type { ArchiveStore } from './archive-store.ts'
import type { ObjectVersion } from './stored-object.ts'

export interface WholeObject {
  /** The object in the form that hyparquet reads. */
  readonly file: {
    readonly byteLength: number
    slice(start: number, end?: number): Promise<ArrayBuffer>
  }
  /** CRC-32C over the whole object, including bytes that the reader skipped. Call it last, because it ends reading. */
  checksum(): Promise<string>
}

/**
 * Opens one generation of an object for a reader that reads the end first and then from the front to the back. One or two blocks are in
 * memory. Every byte is received in order and counted into the checksum.
 */
export function wholeObject(
  store: Pick<ArchiveStore, 'readRange'>,
  object: ObjectVersion & { readonly size: number },
  blockBytes: number,
): WholeObject {
  const blocks = new Map<number, Uint8Array>()
  let next = 0
  let checksum = 0
  let queue: Promise<unknown> = Promise.resolve()

  async function fetchUpTo(end: number): Promise<void> {
    while (next * blockBytes < end) {
      const from = next * blockBytes
      const block = await store.readRange(object, from, Math.min(object.size, from + blockBytes))
      checksum = crc32c(block, checksum)
      blocks.set(next++, block)
    }
  }

  async function slice(start: number, end: number): Promise<ArrayBuffer> {
    const first = Math.floor(start / blockBytes)
    // The footer, which is read first, and ranges that were passed already.
    if (first > next || (first < next && !blocks.has(first))) {
      return new Uint8Array(await store.readRange(object, start, end)).buffer
    }
    await fetchUpTo(end)
    for (const index of blocks.keys()) if (index < first) blocks.delete(index)
    return partOf(blocks, blockBytes, start, end)
  }

  /** The reader requests all columns of a row group at once, and blocks are read one after the other. */
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const turn = queue.then(work)
    queue = turn.catch(() => {})
    return await turn
  }

  return {
    file: {
      byteLength: object.size,
      slice: async (start, end = object.size) => await inTurn(async () => await slice(start, end)),
    },
    checksum: async () =>
      await inTurn(async () => {
        blocks.clear()
        while (next * blockBytes < object.size) {
          await fetchUpTo(next * blockBytes + 1)
          blocks.clear()
        }
        return crc32cText(checksum)
      }),
  }
}

/** Returns the bytes from `start` to `end` (exclusive) from the blocks that contain them. */
function partOf(blocks: ReadonlyMap<number, Uint8Array>, blockBytes: number, start: number, end: number): ArrayBuffer {
  const bytes = new Uint8Array(end - start)
  for (const [index, block] of blocks) {
    const from = index * blockBytes
    if (from >= end || from + block.length <= start) continue
    bytes.set(block.subarray(Math.max(0, start - from), Math.min(block.length, end - from)), Math.max(0, from - start))
  }
  return bytes.buffer
}
