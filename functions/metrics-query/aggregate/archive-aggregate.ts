// Computes the part of an aggregate that only the archive can answer, and merges it with the database's part.
import type { RowGroup } from '@penstock/shared/archive/metric-parquet-footer.ts'
import type { Wanted } from '@penstock/shared/archive/metric-parquet-rows.ts'
import { DAY, fromPostgres, type Micros, monthStart, toPostgres } from '@penstock/shared/base/time.ts'
import type { ArchiveRead } from '@penstock/shared/reading/archive-reading.ts'
import type { ObjectSpan } from '@penstock/shared/reading/archive-spans.ts'
import { bytesOfWanted, type WantedSeries } from '@penstock/shared/reading/named-series.ts'
import type { Points } from '../months/points.ts'
import { percentilesOf, type SumAccumulator, type Sums } from './archive-sums.ts'
import type { SumRow } from './sum-queries.ts'

export interface SummingArchive {
  readonly series: WantedSeries
  /** Number of the group of each series, by series id. */
  readonly groupOf: ReadonlyMap<number, number>
  readonly keepsValues: boolean
  /** Maximum of buckets times groups; an answer with more is refused. */
  readonly limit: number
}

/** Maximum footers that are requested at a time. */
const FOOTERS_AT_ONCE = 8
/** Bytes of a retained value: once where it is collected, once where it is sorted. */
const KEPT_BYTES = 16

/**
 * Sums the points of the series in these spans, up to the limit.
 * @returns the series that have points there.
 */
export async function sumArchived(
  archive: ArchiveRead,
  spans: readonly ObjectSpan[],
  summing: SumAccumulator,
  ask: SummingArchive,
): Promise<ReadonlySet<number>> {
  const parts: { readonly wanted: Wanted; readonly span: ObjectSpan; readonly groups: readonly RowGroup[] }[] = []
  for (let i = 0; i < spans.length; i += FOOTERS_AT_ONCE) {
    const some = spans.slice(i, i + FOOTERS_AT_ONCE).map(async (span) => {
      const wanted = { ...ask.series, from: span.from, to: span.to }
      return { wanted, span, groups: await archive.find(span.object, wanted) }
    })
    parts.push(...(await Promise.all(some)))
  }
  const rows = parts.flatMap(({ groups }) => groups).reduce((sum, group) => sum + group.rows, 0)
  await archive.hold(bytesOfWanted(ask.series) + (ask.keepsValues ? rows * KEPT_BYTES : 0))

  const seen = new Set<number>()
  for (const { wanted, span, groups } of parts) {
    for await (const runs of archive.read(span.object, groups, wanted)) {
      for (const run of runs) {
        seen.add(run.seriesId)
        summing.add(run, ask.groupOf.get(run.seriesId) ?? 0)
      }
      if (summing.size() > ask.limit) return seen
    }
  }
  return seen
}

/** Adds points of the database; those of a series are adjacent and oldest first. */
export function addPoints(
  summing: SumAccumulator,
  { series, at, value }: Points,
  groupOf: ReadonlyMap<number, number>,
): void {
  for (let begin = 0, end = 1; begin < at.length; begin = end++) {
    const seriesId = series[begin] ?? 0
    while (end < at.length && series[end] === seriesId) end++
    const run = { seriesId, at: at.subarray(begin, end), value: value.subarray(begin, end) }
    summing.add(run, groupOf.get(seriesId) ?? 0)
  }
}

/** Merges rows of the database with sums of the archive, oldest bucket first, then by group. */
export function mergeSums(
  rows: readonly SumRow[],
  sums: readonly Sums[],
  fractions: readonly number[],
): readonly SumRow[] {
  const merged = new Map(rows.map((row) => [`${fromPostgres(row.bucket)} ${row.group_no}`, row]))
  for (const { bucket, group, count, total, low, high, values } of sums) {
    const key = `${bucket} ${group}`
    const row = merged.get(key)
    merged.set(key, {
      bucket: toPostgres(bucket),
      group_no: group,
      count: count + (row?.count ?? 0),
      total: total + (row?.total ?? 0),
      low: Math.min(low, row?.low ?? low),
      high: Math.max(high, row?.high ?? high),
      percentiles: fractions.length === 0 ? [] : percentilesOf(values, fractions),
    })
  }
  return [...merged.values()].sort((a, b) => fromPostgres(a.bucket) - fromPostgres(b.bucket) || a.group_no - b.group_no)
}

interface Stretch {
  readonly from: Micros
  readonly to: Micros
}

const WEEK = 7 * DAY
const A_MONDAY = monthStart('1969-12-01')
const weekOf = (at: Micros): Micros => A_MONDAY + Math.floor((at - A_MONDAY) / WEEK) * WEEK

/**
 * Cuts out the weeks that are partly archived and partly in the database. All other buckets end where months end.
 * @returns the spans of points without such weeks, and the database's part of these weeks.
 */
export function cutMixedWeeks(
  points: readonly Stretch[],
  archived: readonly Stretch[],
): { readonly rest: readonly Stretch[]; readonly mixed: readonly Stretch[] } {
  const weeks = [...new Set(archived.flatMap(({ from, to }) => [weekOf(from), weekOf(to)]))].toSorted((a, b) => a - b)
  const cut = { rest: [] as Stretch[], mixed: [] as Stretch[] }
  for (const { from, to } of points) {
    let next = from
    for (const week of weeks) {
      const [begin, end] = [Math.max(next, week), Math.min(to, week + WEEK - 1)]
      if (begin > end) continue
      if (next < begin) cut.rest.push({ from: next, to: begin - 1 })
      cut.mixed.push({ from: begin, to: end })
      next = end + 1
    }
    if (next <= to) cut.rest.push({ from: next, to })
  }
  return cut
}
