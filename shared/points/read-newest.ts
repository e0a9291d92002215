// Reads the newest points of many series, from the log and the chunks together.
import { type RawBuilder, sql, type Transaction } from 'kysely'
import { addMonths, DAY, type Micros, monthOf, monthStart } from '../base/time.ts'
import type { Database } from '../schema/index.ts'
import { type BinaryRows, copyRows } from './binary-rows.ts'
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

/** Reads the rows of a query by COPY. `extra` is what the caller reads from the same snapshot in addition. */
export type ReadRows<T> = (query: RawBuilder<unknown>) => Promise<{ readonly rows: BinaryRows; readonly extra: T }>

/** Returns the first points in page order: newest first, and the highest series id first within an instant. */
export async function readNewest(tx: Tx, ask: NewestAsk): Promise<Columns> {
  const read = async (query: RawBuilder<unknown>) => ({ rows: await copyRows(tx, query), extra: undefined })
  return (await readNewestWith(read, ask)).points
}

/**
 * Returns the points of `readNewest`, and the `extra` of the last query.
 *
 * Rows of both tables are read by their ends, newest first. A row that was not read ends no later than the last one that was, so the points
 * after that end are complete. When they are too few, more rows are read, again from the first one, so each query may have its own snapshot.
 */
export async function readNewestWith<T>(
  read: ReadRows<T>,
  ask: NewestAsk,
): Promise<{ readonly points: Columns; readonly extra: T }> {
  let room = { log: FIRST_LOG_ROWS, chunks: Math.ceil(ask.count / POINTS_A_CHUNK) + 1 }
  for (;;) {
    const { rows, extra } = await read(newestRows(ask, room))
    const pieces = new Map<number, Piece[]>()
    const wanted = ask.series && new Set(ask.series.map(({ id }) => id))
    const found = readEachPiece(rows, (series, piece) => {
      if (wanted && !wanted.has(series)) return
      const of = pieces.get(series)
      if (of) of.push(piece)
      else pieces.set(series, [piece])
    })
    const complete = completeAfter(found, room)
    const points = inPageOrder(pieces, ask, complete)
    if (points.length >= ask.count || complete === Number.NEGATIVE_INFINITY) return { points, extra }
    room = {
      log: isExhausted(found.log, room.log) ? room.log : room.log * MORE,
      chunks: isExhausted(found.chunks, room.chunks) ? room.chunks : room.chunks * MORE,
    }
  }
}

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
 * Returns the condition that chunks of the month end after the page's beginning: one of each series may begin before it. Usually there are none,
 * because most pages begin now, and then no series is probed.
 */
const hasLaterChunks = ({ tenantId, after: { ts } }: NewestAsk): RawBuilder<unknown> => sql`(select exists (
    select from metric_chunk where tenant_id::bigint = ${sql.lit(tenantId)}::bigint
      and last_ts > ${literalInstant(ts)} and last_ts < ${literalInstant(endOfMonth(ts))}
  ))`

/**
 * Returns the given number of rows of either table that end last, and the chunks in which the page begins, in the form of
 * `readEachPiece`. Rows that have expired end before the others, so they may be left out at last.
 */
const newestRows = (
  ask: NewestAsk,
  room: { readonly log: number; readonly chunks: number },
): RawBuilder<unknown> => sql`
    select r.* from (
      (${newestOfLog(ask, room.log)})
      union all
      (${newestOfChunks(ask, room.chunks)})
      union all
      (${chunksAcross(ask)})
    ) r
    where r.last_ts >= (select coalesce(max(before), '-infinity') from metric_expiry where tenant_id = ${sql.lit(ask.tenantId)})`

/** Returns the series when they are few: they are named one by one, because a statement that joins a list takes longer to plan. */
const fewOf = (series: NewestAsk['series']): NewestAsk['series'] =>
  series !== null && series.length <= SLICED_SERIES ? series : null

const ofEach = (series: readonly SeriesId[], rows: (series: SeriesId) => RawBuilder<unknown>): RawBuilder<unknown> =>
  sql.join(
    series.map((one) => sql`(${rows(one)})`),
    sql` union all `,
  )

function newestOfLog({ tenantId, series, from, after }: NewestAsk, room: number): RawBuilder<unknown> {
  const end = (Math.floor(after.ts / DAY) + 1) * DAY
  const ofTenant = sql`l.tenant_id = ${sql.lit(tenantId)}`
  const inRange = sql`l.last_ts >= ${literalInstant(from)} and l.last_ts < ${literalInstant(end)}
    and l.first_ts <= ${literalInstant(after.ts)}`
  const newest = sql`order by l.last_ts desc limit ${sql.lit(room)}`
  const few = fewOf(series)
  if (few) {
    const rows = ofEach(few, ({ id, block }) => {
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
    return sql`select l.* from (${rows}) l ${newest}`
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
  const inRange = sql`last_ts >= ${literalInstant(from)} and last_ts <= ${literalInstant(after.ts)}`
  const newest = sql`order by c.last_ts desc limit ${sql.lit(room)}`
  const newestOf = (id: RawBuilder<unknown>) => sql`
    select ${COLUMNS_OF_CHUNK} from metric_chunk
    where (series_id, last_ts) >= (${id}, ${literalInstant(from)}) and (series_id, last_ts) <= (${id}, ${literalInstant(after.ts)}) and ${inRange}
    order by metric_chunk.series_id desc, metric_chunk.last_ts desc limit ${sql.lit(room)}`
  const few = fewOf(series)
  if (few) return sql`select c.* from (${ofEach(few, ({ id }) => newestOf(sql.lit(id)))}) c ${newest}`
  if (series && series.length <= PROBED_SERIES)
    return sql`
      select c.* from unnest(${list(series.map(({ id }) => id))}::int[]) as s (id)
      cross join lateral (${newestOf(sql`s.id`)}) c ${newest}`
  return sql`
    select ${COLUMNS_OF_CHUNK} from metric_chunk
    where tenant_id::bigint = ${sql.lit(tenantId)}::bigint and ${inRange}
      ${series ? sql`and series_id = any(${list(series.map(({ id }) => id))}::int[])` : sql``}
    order by metric_chunk.last_ts desc limit ${sql.lit(room)}`
}

/** Selects for each series the chunk that the page's beginning lies in, if there is one. Chunks of a series do not overlap. */
function chunksAcross(ask: NewestAsk): RawBuilder<unknown> {
  const { tenantId, series, after } = ask
  const [begin, end] = [literalInstant(after.ts), literalInstant(endOfMonth(after.ts))]
  const nextOf = (id: RawBuilder<unknown>) => sql`
    select n.* from (
      select ${COLUMNS_OF_CHUNK} from metric_chunk
      where (series_id, last_ts) > (${id}, ${begin}) and last_ts > ${begin} and last_ts < ${end}
      order by metric_chunk.series_id, metric_chunk.last_ts limit 1
    ) n where n.series_id = ${id} and n.first_ts <= ${begin}`
  const few = fewOf(series)
  if (few) return ofEach(few, ({ id }) => nextOf(sql.lit(id)))
  const ids = series
    ? sql`unnest(${list(series.map(({ id }) => id))}::int[]) as s (id)`
    : sql`(select id from metric_series where tenant_id = ${sql.lit(tenantId)}) as s`
  return sql`select c.* from ${ids} cross join lateral (${nextOf(sql`s.id`)}) c where ${hasLaterChunks(ask)}`
}
