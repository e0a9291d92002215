// A ZIP archive with the same bytes each time: what Cloud Functions is given of a bundle.
import { crc32, deflateRawSync } from 'node:zlib'

const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
/** 2.0: deflate. */
const VERSION = 20
/** Names are UTF-8. */
const FLAGS = 0x0800
const DEFLATE = 8
/** 1980-01-01, the format's first day: when a file was written is nobody's business. */
const DATE = 0x21
/** Made on Unix; a plain file that everybody may read. */
const MADE_BY = (3 << 8) | VERSION
const MODE = 0o100644

interface Packed {
  readonly name: Buffer
  readonly data: Buffer
  readonly crc: number
  readonly size: number
}

/**
 * The files in one archive, sorted by name, without dates. The same files give the same bytes under the same Node.
 * For files of a few megabytes: everything is in memory, and there is no ZIP64.
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export function zip(files: Readonly<Record<string, Uint8Array>>): Buffer {
  const packed = Object.entries(files)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, content]) => pack(name, content))
  const bodies: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const file of packed) {
    const body = Buffer.concat([localHeader(file), file.name, file.data])
    directory.push(Buffer.concat([centralHeader(file, offset), file.name]))
    bodies.push(body)
    offset += body.length
  }
  const entries = Buffer.concat(directory)
  return Buffer.concat([...bodies, entries, end(packed.length, entries.length, offset)])
}

function pack(name: string, content: Uint8Array): Packed {
  return {
    name: Buffer.from(name),
    data: deflateRawSync(content, { level: 9 }),
    crc: crc32(content),
    size: content.length,
  }
}

function localHeader(file: Packed): Buffer {
  const header = Buffer.alloc(30)
  header.writeUInt32LE(LOCAL, 0)
  writeCommon(header, 4, file)
  return header
}

function centralHeader(file: Packed, offset: number): Buffer {
  const header = Buffer.alloc(46)
  header.writeUInt32LE(CENTRAL, 0)
  header.writeUInt16LE(MADE_BY, 4)
  writeCommon(header, 6, file)
  header.writeUInt32LE(MODE * 0x10000, 38)
  header.writeUInt32LE(offset, 42)
  return header
}

/** What both headers have of a file: version, flags, method, time, date, checksum, sizes, length of the name. */
function writeCommon(header: Buffer, at: number, { name, data, crc, size }: Packed): void {
  header.writeUInt16LE(VERSION, at)
  header.writeUInt16LE(FLAGS, at + 2)
  header.writeUInt16LE(DEFLATE, at + 4)
  header.writeUInt16LE(DATE, at + 8)
  header.writeUInt32LE(crc, at + 10)
  header.writeUInt32LE(data.length, at + 14)
  header.writeUInt32LE(size, at + 18)
  header.writeUInt16LE(name.length, at + 22)
}

function end(count: number, size: number, offset: number): Buffer {
  const record = Buffer.alloc(22)
  record.writeUInt32LE(END, 0)
  record.writeUInt16LE(count, 8)
  record.writeUInt16LE(count, 10)
  record.writeUInt32LE(size, 12)
  record.writeUInt32LE(offset, 16)
  return record
}
