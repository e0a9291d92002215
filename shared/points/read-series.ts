// Reads all points of some series in a range of time, from the log and the chunks together.
import { sql, type Transaction } from 'kysely'
import { DAY, type Micros } from '../base/time.ts'
import type { Database } from '../schema/index.ts'
import { copyRows } from './binary-rows.ts'
import { WIDE } from './log-rows.ts'
import type { SeriesPoints } from './merge-series.ts'
import {
  list,
  literalInstant,
  loggedRows,
  type MakeColumn,
  type Piece,
  readPieces,
  rowsOfRange,
  type StoredRange,
  type TimeRange,
} from './stored-rows.ts'

/** Maximum series of one statement. With instants its text has about fifty bytes per series. */
const SERIES_AT_ONCE = 1_000

/**
 * Returns the points of a range by series; a series without points is missing. For up to 1,000 series it is one statement, and so one
 * snapshot; for more, call it in a transaction whose statements share a snapshot. Never read with two statements of a READ COMMITTED
 * transaction, because points move between the log and the chunks.
 */
export async function readSeries(tx: Transaction<Database>, range: StoredRange): Promise<Map<number, SeriesPoints>> {
  return await readBy(tx, range, rowsOfRange)
}

/** Returns the points of a range in the log. The chunks may have them too, with other values; those of the log are newer. */
export async function readLogged(tx: Transaction<Database>, range: StoredRange): Promise<Map<number, SeriesPoints>> {
  return await readBy(tx, range, loggedRows)
}

export interface Logged {
  /** About how many points the log has: all points of the rows that may hold some. */
  readonly points: number
  /** The time of the first of them. */
  readonly first: Micros
}

/** Returns about how many points of a range the log has. It reads only an index. */
export async function countLogged(
  tx: Transaction<Database>,
  { tenantId, series, from, to }: StoredRange,
): Promise<Logged> {
  const blocks = [...new Set([WIDE, ...series.map(({ block }) => block)])]
  const { rows } = await sql<{ points: number; first: number | null }>`
    select coalesce(sum(n), 0)::float8 as points, (extract(epoch from min(first_ts)) * 1000000)::float8 as first
    from metric_log l
    where tenant_id = ${tenantId}::int and block = any(${list(blocks)}::int[])
      and last_ts >= ${literalInstant(from)} and last_ts < ${literalInstant((Math.floor(to / DAY) + 1) * DAY)} and first_ts <= ${literalInstant(to)}`.execute(
    tx,
  )
  const [found] = rows
  return { points: found?.points ?? 0, first: found?.first ?? Number.POSITIVE_INFINITY }
}

async function readBy(
  tx: Transaction<Database>,
  range: StoredRange,
  rowsOf: typeof rowsOfRange,
): Promise<Map<number, SeriesPoints>> {
  const points = new Map<number, SeriesPoints>()
  for (let from = 0; from < range.series.length; from += SERIES_AT_ONCE) {
    const series = range.series.slice(from, from + SERIES_AT_ONCE)
    const rows = await copyRows(tx, rowsOf({ ...range, series }))
    const room = openRoom()
    for (const [id, pieces] of readPieces(rows, new Set(series.map((one) => one.id)), room.makeColumn)) {
      const joined = joinPieces(pieces, range)
      if (joined.at.length > 0) points.set(id, joined)
    }
    room.release()
  }
  return points
}

const ROOM_LENGTH = 16_384

/**
 * Makes columns that last until `release`, which releases their memory at once. Garbage collections, which many columns cause, take longer than
 * reading them.
 */
function openRoom(): { readonly makeColumn: MakeColumn; readonly release: () => void } {
  const slabs: Float64Array[] = []
  let used = ROOM_LENGTH
  return {
    makeColumn(length) {
      if (length > ROOM_LENGTH) {
        const own = new Float64Array(length)
        slabs.unshift(own)
        return own
      }
      if (used + length > ROOM_LENGTH) {
        slabs.push(new Float64Array(ROOM_LENGTH))
        used = 0
      }
      used += length
      return (slabs.at(-1) as Float64Array).subarray(used - length, used)
    },
    release() {
      for (const { buffer } of slabs) (buffer as ArrayBuffer).transfer(0)
    },
  }
}

const comparePieces = (a: Piece, b: Piece): number => a.era - b.era || a.xid - b.xid || firstOf(a) - firstOf(b)
const firstOf = ({ at }: Piece): Micros => at[0] ?? 0

/** Joins pieces of one series inside a range, sorted and distinct: of equal times, the point of the greatest piece remains. */
export function joinPieces(pieces: Piece[], { from, to }: TimeRange): SeriesPoints {
  pieces.sort(comparePieces)
  const room = pieces.reduce((sum, piece) => sum + piece.at.length, 0)
  const at = new Float64Array(room)
  const value = new Float64Array(room)
  let length = 0
  let ascending = true
  for (const piece of pieces) {
    for (let i = 0; i < piece.at.length; i++) {
      const time = piece.at[i] as number
      if (time < from || time > to) continue
      if (length > 0 && time <= (at[length - 1] as number)) ascending = false
      at[length] = time
      value[length++] = piece.value[i] as number
    }
  }
  const points = { at: at.subarray(0, length), value: value.subarray(0, length) }
  return ascending ? points : sortByTime(points)
}

/** Sorts stably: of equal times, the later one remains. */
function sortByTime({ at, value }: SeriesPoints): SeriesPoints {
  const order = Uint32Array.from(at.keys()).sort((a, b) => (at[a] as number) - (at[b] as number) || a - b)
  const sorted = { at: new Float64Array(at.length), value: new Float64Array(at.length) }
  let length = 0
  for (let i = 0; i < order.length; i++) {
    const place = order[i] as number
    const next = order[i + 1]
    if (next !== undefined && at[next] === at[place]) continue
    sorted.at[length] = at[place] as number
    sorted.value[length++] = value[place] as number
  }
  return { at: sorted.at.subarray(0, length), value: sorted.value.subarray(0, length) }
}
