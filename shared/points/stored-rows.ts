// Rows of the log and chunks for readers: one form for both, read in one statement.
import { type RawBuilder, sql } from 'kysely'
import { addMonths, DAY, formatTimestamp, type Micros, monthOf, monthStart } from '../base/time.ts'
import type { BinaryRows } from './binary-rows.ts'
import { decodeTimes } from './chunk.ts'
import { WIDE } from './log-rows.ts'
import type { SeriesId } from './series-queries.ts'

/** Points of one series from one row. Of equal times, the one with the greatest (era, xid) wins; chunks have the lowest. */
export interface Piece {
  readonly era: number
  readonly xid: number
  /** The end of its row, which may hold points of other series. */
  readonly rowEnd: Micros
  /** Sorted and distinct. */
  readonly at: Float64Array
  readonly value: Float64Array
}

/** Both ends are inclusive. */
export interface TimeRange {
  readonly from: Micros
  readonly to: Micros
}

/** A range of a tenant's series. */
export interface StoredRange extends TimeRange {
  readonly tenantId: number
  readonly series: readonly SeriesId[]
}

/** Up to this many series the log returns slices, for more it returns whole rows. */
export const SLICED_SERIES = 4
const CHUNK_ERA = -1

/**
 * Selects the rows that may hold points of a range, unordered: series_id, era, xid, last_ts, first_ts, unit, gap, gap8, series, ts,
 * value. Rows of chunks have no xid, series and ts; whole rows of the log have no series_id. `readPieces` reads them.
 */
export const rowsOfRange = (range: StoredRange): RawBuilder<unknown> => sql`
  ${loggedRows(range)}
  union all
  ${chunksOfRange(range.series, range)}`

/** Selects only the rows of the log. */
export function loggedRows({ tenantId, series, ...range }: StoredRange): RawBuilder<unknown> {
  const log = series.length <= SLICED_SERIES ? logSlices : logRows
  return sql`
    with expiry as materialized (
      select coalesce(max(before), '-infinity') as before from metric_expiry where tenant_id = ${sql.lit(tenantId)}
    )
    ${log(tenantId, series, range)}`
}

export const COLUMNS_OF_LOG = sql`l.era, l.xid, l.last_ts, null::timestamptz as first_ts, null::int as unit, null::int[] as gap, null::bigint[] as gap8`

/** Selects the points of each series in each row, which are a slice because a row is sorted by series. */
function logSlices(tenantId: number, series: readonly SeriesId[], range: TimeRange): RawBuilder<unknown> {
  return sql`
    select s.id as series_id, ${COLUMNS_OF_LOG}, null::int[] as series,
      l.ts[w.below + 1 : w.upto] as ts, l.value[w.below + 1 : w.upto] as value
    from unnest(${list(series.map(({ id }) => id))}::int[], ${list(series.map(({ block }) => block))}::int[]) as s (id, block)
    cross join lateral (values (s.block), (${sql.lit(WIDE)})) as b (block)
    join metric_log l on l.tenant_id = ${sql.lit(tenantId)} and l.block = b.block and ${inLog(range)}
    cross join lateral (select width_bucket(s.id - 1, l.series) as below, width_bucket(s.id, l.series) as upto) w
    where w.upto > w.below`
}

function logRows(tenantId: number, series: readonly SeriesId[], range: TimeRange): RawBuilder<unknown> {
  const blocks = [...new Set([WIDE, ...series.map(({ block }) => block)])]
  return sql`
    select null::int as series_id, ${COLUMNS_OF_LOG}, l.series, l.ts, l.value
    from metric_log l
    where l.tenant_id = ${sql.lit(tenantId)} and l.block = any(${list(blocks)}::int[]) and ${inLog(range)}`
}

/** A row belongs to one day, so rows that end after the last day of the range hold none of its points. */
function inLog({ from, to }: TimeRange): RawBuilder<unknown> {
  const end = (Math.floor(to / DAY) + 1) * DAY
  return sql`l.last_ts >= ${literalInstant(from)} and l.last_ts < ${literalInstant(end)} and l.first_ts <= ${literalInstant(to)}
    and l.last_ts >= (select before from expiry)`
}

export const COLUMNS_OF_CHUNK = sql`series_id, ${sql.lit(CHUNK_ERA)}::smallint as era, null::xid8 as xid, last_ts, first_ts, unit, gap, gap8,
    null::int[] as series, null::timestamptz[] as ts, value`

/**
 * Selects the chunks of each series that end in the range, and the first that ends after it, if it begins in time. Two probes of the key,
 * as row comparisons, because with the plain form the planner uses the other index on a partition that was never analysed, such as each
 * new month.
 */
function chunksOfRange(series: readonly SeriesId[], { from, to }: TimeRange): RawBuilder<unknown> {
  const end = literalInstant(monthStart(addMonths(monthOf(to), 1)))
  const chunk = COLUMNS_OF_CHUNK
  return sql`
    select c.*
    from unnest(${list(series.map(({ id }) => id))}::int[]) as s (id)
    cross join lateral (
      select ${chunk} from metric_chunk
      where (series_id, last_ts) >= (s.id, ${literalInstant(from)}) and (series_id, last_ts) <= (s.id, ${literalInstant(to)})
        and last_ts >= ${literalInstant(from)} and last_ts <= ${literalInstant(to)} and last_ts >= (select before from expiry)
      union all
      select * from (
        select ${chunk} from metric_chunk
        where (series_id, last_ts) > (s.id, ${literalInstant(to)}) and last_ts > ${literalInstant(to)} and last_ts < ${end}
          and last_ts >= (select before from expiry)
        order by series_id, last_ts limit 1
      ) after where first_ts <= ${literalInstant(to)}
    ) c
    where c.series_id = s.id`
}

/** Makes the columns of pieces. */
export type MakeColumn = (length: number) => Float64Array

const ownColumn: MakeColumn = (length) => new Float64Array(length)

/** Reads the rows of `rowsOfRange` into pieces by series, only of the wanted series; null for every series. */
export function readPieces(
  rows: BinaryRows,
  wanted: ReadonlySet<number> | null,
  makeColumn = ownColumn,
): Map<number, Piece[]> {
  const pieces = new Map<number, Piece[]>()
  const add = (series: number, piece: Piece): void => {
    if (wanted !== null && !wanted.has(series)) return
    const list = pieces.get(series)
    if (list) list.push(piece)
    else pieces.set(series, [piece])
  }
  readEachPiece(rows, add, makeColumn)
  return pieces
}

/** Facts about the rows that were read: how many of either table, and the earliest end. */
export interface RowsRead {
  readonly log: { readonly rows: number; readonly end: Micros }
  readonly chunks: { readonly rows: number; readonly end: Micros }
}

/** Calls back for each piece of every row. */
export function readEachPiece(
  rows: BinaryRows,
  add: (series: number, piece: Piece) => void,
  makeColumn = ownColumn,
): RowsRead {
  const log = { rows: 0, end: Number.POSITIVE_INFINITY }
  const chunks = { rows: 0, end: Number.POSITIVE_INFINITY }
  while (rows.next()) {
    const id = rows.isNull() ? undefined : rows.int4()
    const era = rows.int2()
    const xid = rows.isNull() ? 0 : rows.int8()
    const rowEnd = rows.instant()
    const of = era === CHUNK_ERA ? chunks : log
    of.rows++
    of.end = Math.min(of.end, rowEnd)
    if (era === CHUNK_ERA) add(id as number, readChunk(rows, rowEnd, makeColumn))
    else readLogRow(rows, { id, era, xid, rowEnd }, add, makeColumn)
  }
  return { log, chunks }
}

function readChunk(rows: BinaryRows, rowEnd: Micros, makeColumn: MakeColumn): Piece {
  const [first, unit] = [rows.instant(), rows.int4()]
  const gaps = readGaps(rows)
  rows.isNull()
  rows.isNull()
  const at = makeColumn(gaps.length)
  decodeTimes(first, unit, gaps, at, 0)
  const value = makeColumn(gaps.length)
  rows.float8s(value, 0)
  return { era: CHUNK_ERA, xid: 0, rowEnd, at, value }
}

/** Room for the gaps of one chunk at a time. */
let gapsRoom = new Float64Array(512)

/** Reads the gaps, which are in one of two columns; the other one is null. The next call overwrites them. */
export function readGaps(rows: BinaryRows): Float64Array {
  let gaps = gapsIn(rows)
  const isNarrow = !rows.isNull()
  if (isNarrow) rows.int4s(gaps, 0)
  else gaps = gapsIn(rows)
  if (!rows.isNull()) rows.int8s(gaps, 0)
  return gaps
}

function gapsIn(rows: BinaryRows): Float64Array {
  const count = rows.count()
  if (count > gapsRoom.length) gapsRoom = new Float64Array(count)
  return gapsRoom.subarray(0, count)
}

function readLogRow(
  rows: BinaryRows,
  { id, ...place }: { readonly id: number | undefined } & Pick<Piece, 'era' | 'xid' | 'rowEnd'>,
  add: (series: number, piece: Piece) => void,
  makeColumn: MakeColumn,
): void {
  // The fields first_ts, unit and both columns of gaps.
  for (let i = 0; i < 4; i++) rows.isNull()
  const series = new Int32Array(rows.count())
  if (!rows.isNull()) rows.int4s(series, 0)
  const at = makeColumn(rows.count())
  rows.instants(at, 0)
  const value = makeColumn(at.length)
  rows.float8s(value, 0)
  if (id !== undefined) add(id, { ...place, at, value })
  for (let from = 0; from < series.length; ) {
    let to = from + 1
    while (to < series.length && series[to] === series[from]) to++
    add(series[from] as number, { ...place, at: at.subarray(from, to), value: value.subarray(from, to) })
    from = to
  }
}

/** Formats an array of numbers in PostgreSQL's syntax. */
export const list = (values: readonly number[]): RawBuilder<unknown> => sql.lit(`{${values.join(',')}}`)

export const literalInstant = (at: Micros): RawBuilder<unknown> => sql`${sql.lit(formatTimestamp(at))}::timestamptz`
