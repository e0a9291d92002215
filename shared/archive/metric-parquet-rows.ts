// Reads the points of wanted series from the bytes of an archive object's row group.
import { zstdDecompressSync } from 'node:zlib'
import { type DecodedArray, type FileMetaData, parquetScan } from 'hyparquet'
import type { Micros } from '../base/time.ts'
import { DamagedArchive } from './damaged-archive.ts'
import { readDeltas, take } from './delta-pages.ts'
import { METRIC_SCHEMA } from './metric-parquet.ts'
import type { MetricColumn, RowGroup } from './metric-parquet-footer.ts'
import { DELTA_BINARY_PACKED, readPageHeader } from './page-header.ts'

/** Bytes of an object from `start` on. */
export interface Bytes {
  readonly start: number
  readonly bytes: Uint8Array
}

/** Selects rows by series and by time. */
export interface Wanted {
  /** Sorted and without duplicates: see `seriesKey`. */
  readonly keys: readonly string[]
  /** The series id of each key. */
  readonly ids: readonly number[]
  /** The first and the last wanted instant, both inclusive. */
  readonly from: Micros
  readonly to: Micros
  /** True to skip the values: a run's `values` is then empty. */
  readonly instantsOnly?: boolean
}

/** Points of one series, oldest first; all columns have the same length. */
export interface Run {
  readonly seriesId: number
  readonly at: Float64Array
  readonly value: Float64Array
}

/** True when a row group may hold wanted rows. */
export function mayHold({ low, high, oldest, newest }: RowGroup, { keys, from, to }: Wanted): boolean {
  const next = keys[indexAtOrAbove(keys, low)]
  return newest >= from && oldest <= to && next !== undefined && next <= high
}

/**
 * Returns the range of bytes that `readRuns` needs of a row group: from the first column of names that differ to the end of the values,
 * or of the instants.
 */
export function bytesNeeded(
  { columns, shared }: RowGroup,
  { instantsOnly = false }: Pick<Wanted, 'instantsOnly'>,
): { readonly start: number; readonly end: number } {
  const first = shared.findIndex((value) => value === undefined)
  const from = columns[first === -1 ? shared.length : first]
  const last = columns.at(instantsOnly ? -2 : -1)
  if (!from || !last) throw new DamagedArchive('has a row group without columns')
  return { start: from.start, end: last.end }
}

/**
 * Reads the wanted points of a row group, in the order of its rows. Instants are exact to the microsecond, values to the bit.
 * @param bytes the range of `bytesNeeded` or more.
 * @throws {DamagedArchive} when they contradict the footer.
 */
export async function readRuns(group: RowGroup, bytes: Bytes, wanted: Wanted): Promise<readonly Run[]> {
  const isWanted = (key: string): boolean => wanted.keys[indexAtOrAbove(wanted.keys, key)] === key
  return (await readGroup(group, bytes, { isWanted, ...wanted })).flatMap(({ key, at, value }) => {
    const seriesId = wanted.ids[indexAtOrAbove(wanted.keys, key)] ?? 0
    const [first, behind] = [placeOf(at, wanted.from), placeOf(at, wanted.to + 1)]
    return first === behind ? [] : [{ seriesId, at: at.subarray(first, behind), value: value.subarray(first, behind) }]
  })
}

/** The rows of one series in a row group, whose key is made by `seriesKey`. */
export interface KeyedRun {
  readonly key: string
  readonly at: Float64Array
  readonly value: Float64Array
}

/** Reads the rows of a row group, of all its series or of those that are wanted. Throws like `readRuns`. */
export async function readGroup(
  group: RowGroup,
  bytes: Bytes,
  { isWanted = () => true, instantsOnly = false }: { isWanted?: (key: string) => boolean; instantsOnly?: boolean } = {},
): Promise<readonly KeyedRun[]> {
  try {
    const read = await scanOf(group, bytes)
    const names = await Promise.all(
      group.shared.map(
        async (value, index) => value ?? ((await read(group.columns[index]?.name ?? 'labels')) as Uint8Array[]),
      ),
    )
    const at = readInstants(group, bytes)
    const value = instantsOnly ? NO_VALUES : doublesOf(await read('value'))
    const wanted = runsOf(group, names).filter(({ key }) => isWanted(key))
    return wanted.map(({ key, begin, end }) => {
      refuseDisorder(group, at, begin, end)
      return { key, at: at.subarray(begin, end), value: value.subarray(begin, end) }
    })
  } catch (error) {
    throw error instanceof DamagedArchive ? error : new DamagedArchive('has a row group that cannot be read', error)
  }
}

/** Makes a reader of whole columns of the group. */
async function scanOf(
  group: RowGroup,
  { start, bytes }: Bytes,
): Promise<(column: MetricColumn) => Promise<DecodedArray>> {
  const scan = await parquetScan({
    metadata: metadataOf(group),
    file: {
      byteLength: start + bytes.length,
      slice: (from, to = start + bytes.length) => new Uint8Array(bytes.subarray(from - start, to - start)).buffer,
    },
    // Names are compared by their bytes, so they are not decoded.
    parsers: { stringFromBytes: (text: Uint8Array) => text },
    compressors: { ZSTD: inflate },
  })
  return async (column) => {
    const data = await scan.readColumn({ column, rowStart: 0, rowEnd: group.rows })
    if (data.length !== group.rows) throw new DamagedArchive(`has ${data.length} of ${group.rows} values in ${column}`)
    return data
  }
}

const inflate = (compressed: Uint8Array, length: number): Uint8Array =>
  length === 0
    ? new Uint8Array(0)
    : zstdDecompressSync(compressed, { maxOutputLength: length, chunkSize: Math.max(length, 64) })

/** Returns metadata of a file that has only this row group, whose columns keep their offsets in the object. */
function metadataOf({ rows, columns }: RowGroup): FileMetaData {
  const chunks = columns.map(({ name, start, firstPage, end, bytes, encodings }, index) => ({
    file_offset: BigInt(start),
    meta_data: {
      type: METRIC_SCHEMA[index + 1]?.type ?? 'BYTE_ARRAY',
      encodings: [...encodings],
      path_in_schema: [name],
      codec: 'ZSTD' as const,
      num_values: BigInt(rows),
      total_uncompressed_size: BigInt(bytes),
      total_compressed_size: BigInt(end - start),
      data_page_offset: BigInt(firstPage),
      ...(firstPage > start ? { dictionary_page_offset: BigInt(start) } : {}),
    },
  }))
  const bytes = columns.reduce((sum, column) => sum + column.bytes, 0)
  const row_groups = [{ columns: chunks, total_byte_size: BigInt(bytes), num_rows: BigInt(rows) }]
  return { version: 2, schema: METRIC_SCHEMA, num_rows: BigInt(rows), row_groups, metadata_length: 0 }
}

function readInstants({ columns, rows }: RowGroup, { start, bytes }: Bytes): Float64Array {
  const column = columns.find(({ name }) => name === 'timestamp')
  const pages = { bytes: bytes.subarray((column?.start ?? 0) - start, (column?.end ?? 0) - start), at: 0 }
  const instants = new Float64Array(rows)
  for (let row = 0; row < rows; ) {
    const page = readPageHeader(pages)
    if (page.encoding !== DELTA_BINARY_PACKED) throw new DamagedArchive('has instants in another encoding')
    const read = readDeltas(inflate(take(pages, page.compressedBytes), page.bytes), instants, row)
    if (read === 0) throw new DamagedArchive(`has ${row} of ${rows} instants`)
    row += read
  }
  return instants
}

const NO_VALUES = new Float64Array(0)

/** Returns the values as a Float64Array. A dictionary-encoded column is decoded to an ordinary array; a loop copies it ten times as fast as the constructor. */
function doublesOf(column: DecodedArray): Float64Array {
  if (column instanceof Float64Array) return column
  const doubles = new Float64Array(column.length)
  for (let row = 0; row < doubles.length; row++) doubles[row] = column[row] as number
  return doubles
}

interface NamedRows {
  readonly key: string
  readonly begin: number
  /** The index after the last row (exclusive). */
  readonly end: number
}

/** Splits the rows into contiguous ranges of one series each. */
function runsOf({ rows }: RowGroup, names: readonly (string | readonly Uint8Array[])[]): readonly NamedRows[] {
  const begins = new Set([0])
  for (const texts of names) {
    if (typeof texts === 'string') continue
    for (let row = 1; row < rows; row++) if (!isSame(texts[row], texts[row - 1])) begins.add(row)
  }
  const sorted = [...begins].toSorted((a, b) => a - b)
  return sorted.map((begin, index) => {
    const parts = names.map((name) => (typeof name === 'string' ? name : textOf(name[begin])))
    return { key: parts.join('\0'), begin, end: sorted[index + 1] ?? rows }
  })
}

/** Rows with equal dictionary values share one object, so identity is compared first. */
const isSame = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && Buffer.compare(a, b) === 0)

const textOf = (bytes: Uint8Array = new Uint8Array()): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

function refuseDisorder({ oldest, newest }: RowGroup, at: Float64Array, begin: number, end: number): void {
  let before = oldest - 1
  for (let row = begin; row < end; row++) {
    const next = at[row] ?? 0
    if (next <= before) throw new DamagedArchive('has rows that are not in order')
    before = next
  }
  if (before > newest) throw new DamagedArchive('has rows beyond their bounds')
}

/** Finds the first index whose instant is not before `instant`; the length when there is none. */
function placeOf(at: Float64Array, instant: Micros): number {
  let [low, high] = [0, at.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((at[middle] ?? 0) < instant) low = middle + 1
    else high = middle
  }
  return low
}

function indexAtOrAbove(keys: readonly string[], key: string): number {
  let [low, high] = [0, keys.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}
