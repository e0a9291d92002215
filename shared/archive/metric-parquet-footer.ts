// Reads the footer of an archive object: where the columns of each row group lie, and the range of series and instants of its rows. Names
// are compared by their bytes, as PostgreSQL's locale C and the statistics do: see `seriesKey`.
import {
  type Encoding,
  type ColumnChunk as ParquetColumn,
  type RowGroup as ParquetGroup,
  parquetMetadata,
} from 'hyparquet'
import type { Micros } from '../base/time.ts'
import { DamagedArchive } from './damaged-archive.ts'
import { METRIC_COLUMNS, ROW_GROUP_ROWS } from './metric-parquet.ts'

export type MetricColumn = (typeof METRIC_COLUMNS)[number]
/** The first four columns name the series; the timestamp and the value come after them. */
const NAMES = 4

/** The position of a column chunk of a row group in the object: its pages are contiguous, and `end` is exclusive. */
export interface ColumnChunk {
  readonly name: MetricColumn
  /** Offset of the dictionary page if the column has one, otherwise of the first data page. */
  readonly start: number
  readonly firstPage: number
  readonly end: number
  /** Bytes of its pages before compression. */
  readonly bytes: number
  readonly encodings: readonly Encoding[]
}

export interface RowGroup {
  readonly rows: number
  /** The columns in the order in which they lie in the object. */
  readonly columns: readonly ColumnChunk[]
  /** Bounds of the keys: no row's key is below `low` or above `high`. */
  readonly low: string
  readonly high: string
  /** For each name column, in order, the value that all rows share; undefined when the column must be read. */
  readonly shared: readonly (string | undefined)[]
  /** The oldest instant over all rows, whatever their series. */
  readonly oldest: Micros
  readonly newest: Micros
}

export interface Footer {
  readonly rows: number
  readonly groups: readonly RowGroup[]
}

const TRAILER_BYTES = 8
/** Measured at 560 bytes a row group, with room for longer names. When it is too little, a second read gets the rest. */
const GROUP_BYTES = 700
const SMALLEST_TAIL = 4_096

/** Turns a text into its UTF-8 bytes, one per character: JavaScript then compares like the statistics and PostgreSQL's locale C. */
const binaryText = (text: string): string => Buffer.from(text).toString('latin1')

/**
 * Makes the key of a series from its names and the canonical text of its labels. Keys sort like the rows: each name ends with NUL, which
 * no name contains.
 */
export const seriesKey = (names: readonly string[]): string => names.map(binaryText).join('\0')

/** Returns the names of a key: the inverse of `seriesKey`. */
export const namesOfKey = (key: string): readonly string[] =>
  key.split('\0').map((name) => Buffer.from(name, 'latin1').toString())

/**
 * Fetches and reads the footer of an object of `size` bytes. `first` bytes at its end are fetched first, and the rest when that is too little.
 * @throws {DamagedArchive} like `readFooter`.
 */
export async function fetchFooter(
  fetch: (start: number, end: number) => Promise<Uint8Array>,
  size: number,
  first: number,
): Promise<Footer> {
  const tail = await fetch(Math.max(0, size - first), size)
  const needed = footerBytes(tail)
  if (needed > size) throw new DamagedArchive('is shorter than its footer')
  return readFooter(needed <= first ? tail : await fetch(size - needed, size))
}

/** Returns how many of an object's last bytes to read first: usually enough for the footer of an object with `rows` rows. */
export const tailBytes = (rows: number): number => SMALLEST_TAIL + Math.ceil(rows / ROW_GROUP_ROWS) * GROUP_BYTES

/** Returns the size of the footer in bytes, from an object's last eight or more bytes. */
export function footerBytes(tail: Uint8Array): number {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength)
  if (tail.byteLength < TRAILER_BYTES || view.getUint32(tail.byteLength - 4, true) !== MAGIC)
    throw new DamagedArchive('is not a Parquet file')
  return view.getUint32(tail.byteLength - TRAILER_BYTES, true) + TRAILER_BYTES
}

/** The bytes `PAR1`. */
const MAGIC = 0x31_52_41_50

/**
 * Reads the footer.
 * @param tail the object's last bytes, at least as many as `footerBytes` returns.
 * @throws {DamagedArchive} when it is not the footer of an archive object.
 */
export function readFooter(tail: Uint8Array): Footer {
  try {
    // Instants are read as numbers, because a Date would lose three digits. Names are read as bytes, because a bound may end within a
    // character.
    const { schema, row_groups, num_rows } = parquetMetadata(tail, {
      geoparquet: false,
      parsers: {
        timestampFromMicroseconds: Number,
        stringFromBytes: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'),
      },
    })
    const columns = schema.slice(1).map(({ name }) => name)
    if (columns.join() !== METRIC_COLUMNS.join()) throw new DamagedArchive(`has the columns ${columns.join()}`)
    const groups = row_groups.map(readGroup)
    const rows = groups.reduce((sum, group) => sum + group.rows, 0)
    if (rows !== Number(num_rows)) throw new DamagedArchive(`has ${rows} rows in groups, not ${num_rows}`)
    return { rows, groups }
  } catch (error) {
    throw error instanceof DamagedArchive ? error : new DamagedArchive('has no readable footer', error)
  }
}

function readGroup({ columns, num_rows }: ParquetGroup): RowGroup {
  const rows = Number(num_rows)
  const chunks = columns.map((column, index) => readChunk(column, METRIC_COLUMNS[index], rows))
  if (chunks.some((chunk, index) => chunk.start < (chunks[index - 1]?.end ?? 0)))
    throw new DamagedArchive('has columns that overlap')
  const bounds = columns.map(boundsOf)
  const names = bounds.slice(0, NAMES)
  const { low: oldest, high: newest } = bounds[NAMES] ?? {}
  if (typeof oldest !== 'number' || typeof newest !== 'number') throw new DamagedArchive('has no bounds of time')
  return {
    rows,
    columns: chunks,
    low: names.map(({ low }) => String(low)).join('\0'),
    high: names.map(({ high }) => String(high)).join('\0'),
    shared: names.map(({ low, high, isExact }) => (isExact && low === high ? String(low) : undefined)),
    oldest,
    newest,
  }
}

function readChunk({ meta_data: meta }: ParquetColumn, name: MetricColumn | undefined, rows: number): ColumnChunk {
  if (!meta || name === undefined || meta.path_in_schema.join('.') !== name || Number(meta.num_values) !== rows)
    throw new DamagedArchive('has other columns in a row group')
  if (meta.codec !== 'ZSTD') throw new DamagedArchive(`is compressed by ${meta.codec}`)
  const firstPage = Number(meta.data_page_offset)
  const start = Number(meta.dictionary_page_offset ?? meta.data_page_offset)
  const end = start + Number(meta.total_compressed_size)
  return { name, start, firstPage, end, bytes: Number(meta.total_uncompressed_size), encodings: meta.encodings }
}

/** Bounds of names may be truncated and are then marked so: a low bound is a little lower, a high one a little higher or missing. */
function boundsOf({ meta_data: meta }: ParquetColumn) {
  const { min_value: low, max_value: high, ...flags } = meta?.statistics ?? {}
  const isExact = flags.is_min_value_exact !== false && flags.is_max_value_exact !== false
  return { low: low ?? '', high: high ?? ABOVE_ALL_NAMES, isExact }
}

/** Sorts above all keys, which hold no character above U+00FF. */
const ABOVE_ALL_NAMES = '\u0100'
