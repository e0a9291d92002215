// Changes to a body's encoding: valid, broken, doubled, endless, or missing gzip.
import { crc32, deflateSync, gzipSync } from 'node:zlib'
import type { Random } from '../../random.ts'
import { mutateBytes } from './byte-mutations.ts'
import { type Draft, withHeader } from './draft.ts'

/** Encodes the draft's body in some way, usually with the matching header. */
export function mutateEncoding(draft: Draft, random: Random): Draft {
  if (draft.body === undefined) return draft
  const gzipped = gzipSync(draft.body)
  const body = random.chance(0.005) ? random.pick(bombs()) : random.pick(encodings)(draft.body, gzipped, random)
  const encoded = { ...draft, body, chunked: random.chance(0.2) }
  return random.chance(0.9) ? withHeader(encoded, 'Content-Encoding', 'gzip') : encoded
}

type Encode = (plain: Buffer, gzipped: Buffer, random: Random) => Buffer

const encodings: readonly Encode[] = [
  (_, gzipped) => gzipped,
  (_, gzipped) => gzipped,
  (_, gzipped, random) => mutateBytes(gzipped, random),
  (_, gzipped, random) => gzipped.subarray(0, random.below(gzipped.length)),
  (_, gzipped) => gzipSync(gzipped),
  (plain) => plain,
  (plain) => deflateSync(plain),
  // Members may follow each other; the bytes after the last one may not be gzip.
  (plain) =>
    Buffer.concat([gzipSync(plain.subarray(0, plain.length >> 1)), gzipSync(plain.subarray(plain.length >> 1))]),
  (_, gzipped) => Buffer.concat([gzipped, Buffer.from('and more')]),
  (_, gzipped) => Buffer.concat([gzipped, Buffer.alloc(1_000)]),
  (_, gzipped) => Buffer.concat([...Array.from({ length: 1_000 }, () => gzipSync('')), gzipped]),
  (plain, gzipped) => withTrailer(gzipped, crc32(plain) ^ 1, plain.length),
  (plain, gzipped) => withTrailer(gzipped, crc32(plain), plain.length + 1),
  (_, gzipped) => withFlags(gzipped, 0xff),
  () => Buffer.from([0x1f, 0x8b]),
  () => Buffer.alloc(0),
]

function withTrailer(gzipped: Buffer, crc: number, length: number): Buffer {
  const copy = Buffer.from(gzipped)
  copy.writeUInt32LE(crc >>> 0, copy.length - 8)
  copy.writeUInt32LE(length, copy.length - 4)
  return copy
}

function withFlags(gzipped: Buffer, flags: number): Buffer {
  const copy = Buffer.from(gzipped)
  copy[3] = flags
  return copy
}

const MIB = 1024 * 1024
let made: readonly Buffer[] | undefined

/** Small bodies that decompress to large ones: over the limit, just under it, and with values that would fill the memory. */
function bombs(): readonly Buffer[] {
  made ??= [
    gzipSync(Buffer.alloc(100 * MIB)),
    gzipSync(gzipSync(Buffer.alloc(100 * MIB))),
    gzipSync(Buffer.alloc(31 * MIB, ' ')),
    gzipSync(`[${'{},'.repeat(3 * MIB)}{}]`),
    gzipSync(`[${'1,'.repeat(900_000)}1]`),
    gzipSync(`[${'[],'.repeat(300_000)}1]`),
    gzipSync(`{"metric_metadata":{"a":"${'x'.repeat(30 * MIB)}"}}`),
  ]
  return made
}
