// Reads the header of a page of a column: how long the page is, and how its values are encoded.
// https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
import { type Packed, take, varint, zigzag } from './delta-pages.ts'

export interface PageHeader {
  /** Bytes of the page after its header. */
  readonly compressedBytes: number
  readonly bytes: number
  /** The number of the encoding in a data page of version 2; undefined for other pages. */
  readonly encoding: number | undefined
}

/** Number of the encoding DELTA_BINARY_PACKED. */
export const DELTA_BINARY_PACKED = 5

/** Reads a header and stops after it. @throws {RangeError} when it is not one. */
export function readPageHeader(packed: Packed): PageHeader {
  const fields = readStruct(packed, 0)
  const [bytes, compressedBytes, page] = [fields.get(2), fields.get(3), fields.get(8)]
  if (typeof bytes !== 'number' || typeof compressedBytes !== 'number') throw new RangeError('a page has no length')
  const encoding = page instanceof Map ? page.get(4) : undefined
  return { compressedBytes, bytes, encoding: typeof encoding === 'number' ? encoding : undefined }
}

/** Values of a Thrift struct by the numbers of their fields. Texts and floating-point numbers are skipped. */
type Struct = ReadonlyMap<number, number | Struct | undefined>

/** Levels of structs in a header: the page, its kind, its statistics. */
const MAX_LEVELS = 3

function readStruct(packed: Packed, level: number): Struct {
  if (level === MAX_LEVELS) throw new RangeError('a header has too many levels')
  const fields = new Map<number, number | Struct | undefined>()
  for (let id = 0; ; ) {
    const head = take(packed, 1)[0] ?? 0
    if (head === 0) return fields
    id = head >> 4 === 0 ? zigzag(packed) : id + (head >> 4)
    fields.set(id, readValue(packed, head & 15, level))
  }
}

function readValue(packed: Packed, type: number, level: number): number | Struct | undefined {
  switch (type) {
    case 1:
    case 2:
      return 2 - type
    case 3:
      return take(packed, 1)[0]
    case 4:
    case 5:
    case 6:
      return zigzag(packed)
    case 7:
      take(packed, 8)
      return undefined
    case 8:
      take(packed, varint(packed))
      return undefined
    case 12:
      return readStruct(packed, level + 1)
    default:
      throw new RangeError('a header has a field of another type')
  }
}
