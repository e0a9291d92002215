// Reads the newest points of many series, from the log and the chunks together.
import { type RawBuilder, sql, type Transaction } from 'kysely'
import { addMonths, DAY, type Micros, monthOf, monthStart } from '../base/time.ts'
import type { Database } from '../schema/index.ts'
import { copyRows } from './binary-rows.ts'
import type { Columns } from './columns.ts'
import { WIDE } from './log-rows.ts'
import type { SeriesPoints } from './merge-series.ts'
import { joinPieces } from './read-series.ts'
import type { SeriesId } from './series-queries.ts'
import {
  COLUMNS_OF_CHUNK,
  COLUMNS_OF_LOG,
  list,
  literalInstant,
  type Piece,
  type RowsRead,
  readEachPiece,
  SLICED_SERIES,
} from './stored-rows.ts'

type Tx = Transaction<Database>

export interface NewestAsk {
  readonly tenantId: number
  /** Null for every series of the tenant. */
  readonly series: readonly SeriesId[] | null
  /** Inclusive. */
  readonly from: Micros
  /** Only points after this place in page order: with an earlier instant, or with this one and a lower id. */
  readonly after: { readonly ts: Micros; readonly seriesId: number }
  readonly count: number
}

/** More series than this are found by the tenant's index, fewer by a probe for each. */
const PROBED_SERIES = 1_000
const PROBED_BLOCKS = 64
const FIRST_LOG_ROWS = 32
const POINTS_A_CHUNK = 128
const MORE = 4

/**
 * Returns the first points in page order: newest first, and the highest series id first within an instant. The transaction's statements
 * must share one snapshot.
 *
 * Rows of both tables are read by their ends, newest first. A row that was not read ends no later than the last one that was, so the points
 * after that end are complete.
 */
export async function readNewest(tx: Tx, ask: NewestAsk): Promise<Columns> {
  const straddling = isFew(ask.series) || (await hasLaterChunks(tx, ask))
  let room = { log: FIRST_LOG_ROWS, chunks: Math.ceil(ask.count / POINTS_A_CHUNK) + 1 }
  for (;;) {
    const rows = await copyRows(tx, newestRows(ask, room, straddling))
    const pieces = new Map<number, Piece[]>()
    const wanted = ask.series && new Set(ask.series.map(({ id }) => id))
    const read = readEachPiece(rows, (series, piece) => {
      if (wanted && !wanted.has(series)) return
      const of = pieces.get(series)
      if (of) of.push(piece)
      else pieces.set(series, [piece])
    })
    const complete = completeAfter(read, room)
    const points = inPageOrder(pieces, ask, complete)
    if (points.length >= ask.count || complete === Number.NEGATIVE_INFINITY) return points
    room = {
      log: isExhausted(read.log, room.log) ? room.log : room.log * MORE,
      chunks: isExhausted(read.chunks, room.chunks) ? room.chunks : room.chunks * MORE,
    }
  }
}

/** Looking for the chunk across the page's beginning costs a probe for each series, and to ask whether there is any costs a round trip. */
const isFew = (series: NewestAsk['series']): boolean => series !== null && series.length <= SLICED_SERIES

const isExhausted = ({ rows }: RowsRead['log'], room: number): boolean => rows < room

/** Returns the instant after which all points were read. */
function completeAfter({ log, chunks }: RowsRead, room: { readonly log: number; readonly chunks: number }): Micros {
  return Math.max(
    isExhausted(log, room.log) ? Number.NEGATIVE_INFINITY : log.end,
    isExhausted(chunks, room.chunks) ? Number.NEGATIVE_INFINITY : chunks.end,
  )
}

function inPageOrder(pieces: ReadonlyMap<number, Piece[]>, ask: NewestAsk, after: Micros): Columns {
  const { ts, seriesId } = ask.after
  const runs = [...pieces].map(([id, of]) => ({
    id,
    ...joinPieces(of, { from: Math.max(ask.from, after + 1), to: id < seriesId ? ts : ts - 1 }),
  }))
  const [only] = runs
  if (only && runs.length === 1) return newestOfRun(only.id, only, ask.count)
  const total = runs.reduce((sum, { at }) => sum + at.length, 0)
  const all = { series: new Int32Array(total), at: new Float64Array(total), value: new Float64Array(total) }
  let length = 0
  for (const { id, at, value } of runs) {
    all.series.fill(id, length, length + at.length)
    all.at.set(at, length)
    all.value.set(value, length)
    length += at.length
  }
  const order = Uint32Array.from(all.at.keys()).sort(
    (a, b) => (all.at[b] as number) - (all.at[a] as number) || (all.series[b] as number) - (all.series[a] as number),
  )
  const count = Math.min(total, ask.count)
  const page = {
    length: count,
    series: new Int32Array(count),
    at: new Float64Array(count),
    value: new Float64Array(count),
  }
  for (let i = 0; i < count; i++) {
    const place = order[i] as number
    page.series[i] = all.series[place] as number
    page.at[i] = all.at[place] as number
    page.value[i] = all.value[place] as number
  }
  return page
}

/** Returns the last points of a series, last first: sorting them would cost more than reading them. */
function newestOfRun(id: number, { at, value }: SeriesPoints, most: number): Columns {
  const count = Math.min(at.length, most)
  const begin = at.length - count
  return {
    length: count,
    series: new Int32Array(count).fill(id),
    at: at.slice(begin).reverse(),
    value: value.slice(begin).reverse(),
  }
}

const endOfMonth = (at: Micros): Micros => monthStart(addMonths(monthOf(at), 1))

/**
 * Returns true when chunks of the month end after the page's beginning: one of each series may begin before it. Usually there are none,
 * because most pages begin now.
 */
async function hasLaterChunks(tx: Tx, { tenantId, after: { ts } }: NewestAsk): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select exists (
      select from metric_chunk where tenant_id::bigint = ${tenantId}::bigint and last_ts > ${literalInstant(ts)} and last_ts < ${literalInstant(endOfMonth(ts))}
    ) as found`.execute(tx)
  return rows[0]?.found ?? false
}

/**
 * Returns the given number of rows of either table that end last, and the chunks in which the page begins, in the form of
 * `readEachPiece`.
 */
function newestRows(
  ask: NewestAsk,
  room: { readonly log: number; readonly chunks: number },
  straddling: boolean,
): RawBuilder<unknown> {
  return sql`
    with expiry as materialized (
      select coalesce(max(before), '-infinity') as before from metric_expiry where tenant_id = ${sql.lit(ask.tenantId)}
    )
    (${newestOfLog(ask, room.log)})
    union all
    (${newestOfChunks(ask, room.chunks)})
    ${straddling ? sql`union all (${chunksAcross(ask)})` : sql``}`
}

function newestOfLog({ tenantId, series, from, after }: NewestAsk, room: number): RawBuilder<unknown> {
  const end = (Math.floor(after.ts / DAY) + 1) * DAY
  const ofTenant = sql`l.tenant_id = ${sql.lit(tenantId)}`
  const inRange = sql`l.last_ts >= ${literalInstant(from)} and l.last_ts < ${literalInstant(end)}
    and l.first_ts <= ${literalInstant(after.ts)} and l.last_ts >= (select before from expiry)`
  const newest = sql`order by l.last_ts desc limit ${sql.lit(room)}`
  if (series && series.length <= SLICED_SERIES) {
    const rows = series.map(({ id, block }) => {
      const [below, upto] = [
        sql`width_bucket(${sql.lit(id - 1)}, l.series)`,
        sql`width_bucket(${sql.lit(id)}, l.series)`,
      ]
      const ofBlocks = [block, WIDE].map(
        (one) => sql`(
          select ${sql.lit(id)}::int as series_id, ${COLUMNS_OF_LOG}, null::int[] as series,
            l.ts[${below} + 1 : ${upto}] as ts, l.value[${below} + 1 : ${upto}] as value
          from metric_log l where ${ofTenant} and ${inRange} and l.block = ${sql.lit(one)} and ${upto} > ${below} ${newest})`,
      )
      return sql.join(ofBlocks, sql` union all `)
    })
    return sql`select l.* from (${sql.join(rows, sql` union all `)}) l ${newest}`
  }
  const whole = sql`null::int as series_id, ${COLUMNS_OF_LOG}, l.series, l.ts, l.value`
  const blocks = series && [...new Set([WIDE, ...series.map(({ block }) => block)])]
  if (blocks && blocks.length <= PROBED_BLOCKS)
    return sql`
      select l.* from unnest(${list(blocks)}::int[]) as b (id)
      cross join lateral (select ${whole} from metric_log l where ${ofTenant} and ${inRange} and l.block = b.id ${newest}) l ${newest}`
  return sql`
    select ${whole} from metric_log l
    where l.tenant_id::bigint = ${sql.lit(tenantId)}::bigint and ${inRange} ${blocks ? sql`and l.block = any(${list(blocks)}::int[])` : sql``} ${newest}`
}

function newestOfChunks({ tenantId, series, from, after }: NewestAsk, room: number): RawBuilder<unknown> {
  const inRange = sql`last_ts >= ${literalInstant(from)} and last_ts <= ${literalInstant(after.ts)} and last_ts >= (select before from expiry)`
  if (series && series.length <= PROBED_SERIES)
    return sql`
      select c.* from unnest(${list(series.map(({ id }) => id))}::int[]) as s (id)
      cross join lateral (
        select ${COLUMNS_OF_CHUNK} from metric_chunk
        where (series_id, last_ts) >= (s.id, ${literalInstant(from)}) and (series_id, last_ts) <= (s.id, ${literalInstant(after.ts)}) and ${inRange}
        order by metric_chunk.series_id desc, metric_chunk.last_ts desc limit ${sql.lit(room)}
      ) c order by c.last_ts desc limit ${sql.lit(room)}`
  return sql`
    select ${COLUMNS_OF_CHUNK} from metric_chunk
    where tenant_id::bigint = ${sql.lit(tenantId)}::bigint and ${inRange}
      ${series ? sql`and series_id = any(${list(series.map(({ id }) => id))}::int[])` : sql``}
    order by metric_chunk.last_ts desc limit ${sql.lit(room)}`
}

/** Selects for each series the chunk that the page's beginning lies in, if there is one. Chunks of a series do not overlap. */
function chunksAcross({ tenantId, series, after: { ts } }: NewestAsk): RawBuilder<unknown> {
  const ids = series
    ? sql`unnest(${list(series.map(({ id }) => id))}::int[]) as s (id)`
    : sql`(select id from metric_series where tenant_id = ${sql.lit(tenantId)}) as s`
  return sql`
    select c.* from ${ids} cross join lateral (
      select ${COLUMNS_OF_CHUNK} from metric_chunk
      where (series_id, last_ts) > (s.id, ${literalInstant(ts)}) and last_ts > ${literalInstant(ts)} and last_ts < ${literalInstant(endOfMonth(ts))}
        and last_ts >= (select before from expiry)
      order by metric_chunk.series_id, metric_chunk.last_ts limit 1
    ) c where c.series_id = s.id and c.first_ts <= ${literalInstant(ts)}`
}
