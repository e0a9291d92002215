// What an archive object says of its rows at its end: where the columns of each row group lie, and between which series and instants
// its rows are. Names are compared as PostgreSQL's locale C and the statistics do it, by their bytes: see `seriesKey`.
import { type ColumnChunk as ParquetColumn, type RowGroup as ParquetGroup, parquetMetadata } from 'hyparquet'
import type { Micros } from '../base/time.ts'
import { DamagedArchive } from './damaged-archive.ts'
import { METRIC_COLUMNS, ROW_GROUP_ROWS } from './metric-parquet.ts'

export type MetricColumn = (typeof METRIC_COLUMNS)[number]
/** The first columns name the series; the timestamp and the value come after them. */
const NAMES = 4

/** Where the pages of a column of a row group lie in the object, one behind the other. `end` is behind them. */
export interface ColumnChunk {
  readonly name: MetricColumn
  /** Offset of the dictionary page where the column has one, else of the first data page. */
  readonly start: number
  readonly firstPage: number
  readonly end: number
}

export interface RowGroup {
  readonly rows: number
  /** In the order in which they lie in the object. */
  readonly columns: readonly ColumnChunk[]
  /** No key of a row is below `low` or above `high`. */
  readonly low: string
  readonly high: string
  /** For each name column, in order, the value that all rows share; undefined where it has to be read. */
  readonly shared: readonly (string | undefined)[]
  /** The range of instants over all rows, whatever their series. */
  readonly oldest: Micros
  readonly newest: Micros
}

export interface Footer {
  readonly rows: number
  readonly groups: readonly RowGroup[]
}

const TRAILER_BYTES = 8
/** Measured at 560 a row group, with room for longer names; what is missing is read in a second part. */
const GROUP_BYTES = 700
const SMALLEST_TAIL = 4_096

/** A text as its UTF-8 bytes, one a character: JavaScript then compares as the statistics and PostgreSQL's locale C do. */
const binaryText = (text: string): string => Buffer.from(text).toString('latin1')

/** A series by its names and the canonical text of its labels. Keys are in the order of rows: no name holds NUL, which ends each. */
export const seriesKey = (names: readonly string[]): string => names.map(binaryText).join('\0')

/** How much of an object's end is read first: enough for the footer of so many rows, mostly. */
export const tailBytes = (rows: number): number => SMALLEST_TAIL + Math.ceil(rows / ROW_GROUP_ROWS) * GROUP_BYTES

/** How many bytes the footer takes, by an object's last bytes, eight or more. */
export function footerBytes(tail: Uint8Array): number {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength)
  if (tail.byteLength < TRAILER_BYTES || view.getUint32(tail.byteLength - 4, true) !== MAGIC)
    throw new DamagedArchive('is not a Parquet file')
  return view.getUint32(tail.byteLength - TRAILER_BYTES, true) + TRAILER_BYTES
}

/** `PAR1` */
const MAGIC = 0x31_52_41_50

/**
 * Reads the footer.
 * @param tail the object's last bytes, at least as many as `footerBytes` says.
 * @throws {DamagedArchive} when it is none of an archive object.
 */
export function readFooter(tail: Uint8Array): Footer {
  try {
    // Instants as numbers: a Date would lose three digits. Names as their bytes: a bound may end within a character.
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
  return { name, start, firstPage, end: start + Number(meta.total_compressed_size) }
}

/** Bounds of names may be cut short, and say so: a low one is then a little lower, a high one a little higher, or missing. */
function boundsOf({ meta_data: meta }: ParquetColumn) {
  const { min_value: low, max_value: high, ...flags } = meta?.statistics ?? {}
  const isExact = flags.is_min_value_exact !== false && flags.is_max_value_exact !== false
  return { low: low ?? '', high: high ?? ABOVE_ALL_NAMES, isExact }
}

/** Keys hold no character above U+00FF. */
const ABOVE_ALL_NAMES = '\u0100'
