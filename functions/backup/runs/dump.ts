// Reads a dump back: its bytes have the checksum that storage knows, they are gzip, and the text begins and ends as a dump does.
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { ArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import type { StoredObject } from '@penstock/shared/archive/stored-object.ts'
import { crc32c, crc32cText } from '@penstock/shared/base/crc32c.ts'

const PIECE_BYTES = 8 * 1024 * 1024
const ENDS_KEPT = 4_096
const BEGINS = /^(?:--[^\n]*\n)*-- PostgreSQL database (?:cluster )?dump\b/
const ENDS = /-- PostgreSQL database (?:cluster )?dump complete\s*(?:--)?\s*$/

/** Returns what is wrong with a dump, as a sentence; undefined when nothing is. It holds at most some pieces of 8 MiB. */
export async function readDump(
  store: Pick<ArchiveStore, 'readRange'>,
  object: StoredObject,
): Promise<string | undefined> {
  let checksum = 0
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let start = 0; start < object.size; start += PIECE_BYTES) {
      const piece = await store.readRange(object, start, Math.min(object.size, start + PIECE_BYTES))
      checksum = crc32c(piece, checksum)
      yield piece
    }
  }
  let begin = ''
  let end = ''
  try {
    const text = Readable.from(pieces(), { objectMode: false }).pipe(createGunzip())
    for await (const chunk of text as AsyncIterable<Buffer>) {
      if (begin.length < ENDS_KEPT) begin += chunk.subarray(0, ENDS_KEPT - begin.length).toString('latin1')
      end = (end + chunk.subarray(-ENDS_KEPT).toString('latin1')).slice(-ENDS_KEPT)
    }
  } catch (error) {
    return `it cannot be read as gzip: ${(error as Error).message}`
  }
  if (crc32cText(checksum) !== object.crc32c) return 'its bytes have another checksum than Cloud Storage says'
  if (!BEGINS.test(begin)) return 'it does not begin as a dump does'
  return ENDS.test(end.trimEnd()) ? undefined : 'it does not end as a complete dump does'
}
