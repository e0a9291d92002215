// The statements of a compaction on chunks, roll-ups, spans and marks.

import { type RawBuilder, sql, type Transaction } from 'kysely'
import { addMonths, formatTimestamp, type Micros, monthStart } from '../base/time.ts'
import { float8Array, instantArray, int2Array, int4Array, int8Array } from '../points/binary-arrays.ts'
import { type BinaryRows, copyRows } from '../points/binary-rows.ts'
import type { ChunkRows } from '../points/chunk.ts'
import type { HourRows, MergedRows } from '../points/merge-series.ts'
import type { Database } from '../schema/index.ts'
import type { TenantDay } from './queries.ts'

type Tx = Transaction<Database>

/** Series with the hours that are about to change: from the first instant of the earliest hour to the end of the latest one. */
export interface SeriesWindows {
  readonly series: readonly number[]
  readonly from: readonly Micros[]
  readonly to: readonly Micros[]
}

/**
 * Returns the chunks of these series and month that overlap their windows, and for each series the chunk before, if it is small enough to
 * be filled; ordered by series and time. Run it in a statement after the lock.
 *
 * The key is compared by rows: with single columns the planner uses the other index on a partition that was never analysed, such as each
 * new month.
 */
export async function selectOverlapping(
  tx: Tx,
  month: string,
  { series, from, to }: SeriesWindows,
  filledBelow: number,
): Promise<BinaryRows> {
  return await copyRows(
    tx,
    sql`
    select c.series_id, c.first_ts, c.unit, c.gap, c.gap8, c.value
    from unnest(${list(series)}::int[], ${instants(from)}::timestamptz[], ${instants(to)}::timestamptz[]) as s (id, lower, upper)
    cross join lateral (
      select * from (
        select * from metric_chunk where (series_id, last_ts) < (s.id, s.lower) and ${inMonth(month)}
        order by series_id desc, last_ts desc limit 1
      ) before where n < ${sql.lit(filledBelow)}
      union all
      select * from metric_chunk
      where (series_id, last_ts) >= (s.id, s.lower) and (series_id, last_ts) < (s.id, s.upper) and ${inMonth(month)}
      union all
      select * from (
        select * from metric_chunk where (series_id, last_ts) >= (s.id, s.upper) and ${inMonth(month)}
        order by series_id, last_ts limit 1
      ) after where first_ts < s.upper
    ) c
    where c.series_id = s.id
    order by c.series_id, c.last_ts`,
  )
}

/** Deletes chunks by their keys. @returns their number. */
export async function deleteChunks(tx: Tx, month: string, { series, last }: MergedRows['removed']): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from metric_chunk c
    using unnest(${int4Array(series)}::int[], ${instantArray(last)}::timestamptz[]) as r (series_id, last_ts)
    where c.series_id = r.series_id and c.last_ts = r.last_ts and ${inMonth(month, 'c.')}`.execute(tx)
  return Number(numAffectedRows ?? 0)
}

export async function insertChunks(tx: Tx, tenantId: number, rows: ChunkRows): Promise<void> {
  const [narrow, wide] = splitGaps(rows)
  await sql`
    insert into metric_chunk (tenant_id, series_id, first_ts, last_ts, n, unit, gap, gap8, value, lone)
    select ${tenantId}::int, r.series_id, r.first_ts, r.last_ts, r.n, r.unit,
      case when r.narrow_from >= 0 then (${int4Array(narrow.gaps, narrow.count)}::int[])[r.narrow_from + 1 : r.narrow_from + r.n] end,
      case when r.wide_from >= 0 then (${int8Array(wide.gaps, wide.count)}::bigint[])[r.wide_from + 1 : r.wide_from + r.n] end,
      (${float8Array(rows.value.numbers, rows.value.length)}::float8[])[r.value_from + 1 : r.value_from + r.n], r.lone = 1
    from unnest(${int4Array(rows.series)}::int[], ${instantArray(rows.first)}::timestamptz[], ${instantArray(rows.last)}::timestamptz[],
      ${int2Array(rows.n)}::smallint[], ${int4Array(rows.unit)}::int[], ${int4Array(narrow.from)}::int[], ${int4Array(wide.from)}::int[],
      ${int4Array(beginnings(rows.n))}::int[], ${int4Array(rows.lone)}::int[])
      as r (series_id, first_ts, last_ts, n, unit, narrow_from, wide_from, value_from, lone)`.execute(tx)
}

/** Returns the offset of each chunk's first point. */
function beginnings(sizes: readonly number[]): number[] {
  let next = 0
  return sizes.map((size) => {
    next += size
    return next - size
  })
}

/** Gaps of some chunks, concatenated, with the offset of each chunk's gaps; -1 for chunks that are not included. */
interface Gaps {
  readonly gaps: ArrayLike<number>
  readonly count: number
  readonly from: readonly number[]
}

/** Splits chunks by whether their gaps fit into 32 bits. */
function splitGaps({ n, gap, wide }: ChunkRows): readonly [narrow: Gaps, wide: Gaps] {
  if (!wide.includes(true))
    return [
      { gaps: gap.numbers, count: gap.length, from: beginnings(n) },
      { gaps: [], count: 0, from: n.map(() => -1) },
    ]
  const pick = (isWanted: boolean): Gaps => {
    const gaps: number[] = []
    const begins = beginnings(n)
    const from = n.map((size, i) => {
      if (wide[i] !== isWanted) return -1
      const begin = begins[i] as number
      for (let at = begin; at < begin + size; at++) gaps.push(gap.numbers[at] as number)
      return gaps.length - size
    })
    return { gaps, count: gaps.length, from }
  }
  return [pick(false), pick(true)]
}

/** Stores roll-ups over existing ones. */
export async function replaceHours(tx: Tx, tenantId: number, rows: HourRows): Promise<void> {
  await sql`
    insert into metric_hour (tenant_id, series_id, bucket, count, sum, min, max)
    select ${tenantId}::int, r.*
    from unnest(${int4Array(rows.series)}::int[], ${instantArray(rows.bucket)}::timestamptz[], ${int4Array(rows.count)}::int[],
      ${float8Array(rows.sum)}::float8[], ${float8Array(rows.min)}::float8[], ${float8Array(rows.max)}::float8[]) as r
    on conflict (series_id, bucket) do update
      set count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max
      where (metric_hour.count, metric_hour.sum, metric_hour.min, metric_hour.max)
        is distinct from (excluded.count, excluded.sum, excluded.min, excluded.max)`.execute(tx)
}

/** Widens the spans of series so that they contain these times. */
export async function widenSpans(
  tx: Tx,
  tenantId: number,
  { series, first, last }: { series: readonly number[]; first: readonly Micros[]; last: readonly Micros[] },
): Promise<void> {
  await sql`
    insert into metric_series_span (tenant_id, series_id, first_ts, last_ts)
    select ${tenantId}::int, r.*
    from unnest(${int4Array(series)}::int[], ${instantArray(first)}::timestamptz[], ${instantArray(last)}::timestamptz[]) as r
    on conflict (series_id) do update
      set first_ts = least(metric_series_span.first_ts, excluded.first_ts),
        last_ts = greatest(metric_series_span.last_ts, excluded.last_ts)
      where excluded.first_ts < metric_series_span.first_ts or excluded.last_ts > metric_series_span.last_ts`.execute(
    tx,
  )
}

/** Records that chunks or roll-ups of a tenant's day changed, and how many points were added to its chunks. */
export async function moveMark(tx: Tx, { tenantId, day }: TenantDay, points: number, now: Micros): Promise<void> {
  await sql`
    insert into compaction_mark (tenant_id, day, random, points, compacted_at)
    values (${tenantId}::int, ${formatTimestamp(day).slice(0, 10)}::date, (random() * 9007199254740991)::bigint, ${points}::bigint,
      ${formatTimestamp(now)}::timestamptz)
    on conflict (tenant_id, day) do update
      set mark = default, random = excluded.random, points = compaction_mark.points + excluded.points,
        compacted_at = excluded.compacted_at`.execute(tx)
}

/** Puts the month's bounds into the text, so that only its partition is planned and read. */
function inMonth(month: string, alias: '' | 'c.' = ''): RawBuilder<unknown> {
  const column = sql.raw(`${alias}last_ts`)
  const end = monthStart(addMonths(month, 1))
  return sql`${column} >= ${literal(monthStart(month))} and ${column} < ${literal(end)}`
}

/** Formats arrays in PostgreSQL's syntax. */
const list = (values: readonly number[]): RawBuilder<unknown> => sql.lit(`{${values.join(',')}}`)
const instants = (values: readonly Micros[]): RawBuilder<unknown> =>
  sql.lit(`{${values.map(formatTimestamp).join(',')}}`)

const literal = (at: Micros): RawBuilder<unknown> => sql`${sql.lit(formatTimestamp(at))}::timestamptz`
