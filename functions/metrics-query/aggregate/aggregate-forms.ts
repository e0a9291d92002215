// The forms of an aggregate.

import { fromPostgres, toWire } from '@penstock/shared/base/time.ts'
import { type OwnedBuffer, ownedCopy, ownedText } from '@penstock/shared/http/body-buffer.ts'
import {
  arrowStream,
  countColumn,
  instantColumn,
  numberColumn,
  textColumn,
} from '@penstock/shared/negotiation/arrow.ts'
import type { Aggregate, AggregateColumns, AggregateQuery, AnswerType, Bucket } from '../contract.ts'
import { csvField, csvLine } from '../forms/csv.ts'
import type { SumRow } from './sums.ts'

/** The sums of a query, by bucket, then by group. */
export interface Summed {
  readonly query: AggregateQuery
  readonly rows: readonly SumRow[]
  readonly groups: readonly (string | null)[]
}

type WriteAggregate = (summed: Summed) => OwnedBuffer

export const aggregateForms: Readonly<Record<AnswerType, WriteAggregate>> = {
  'application/json': writeJson,
  'application/vnd.penstock.columns+json': writeColumns,
  'text/csv': writeCsv,
  'application/vnd.apache.arrow.stream': writeArrow,
}

function writeJson({ query, rows, groups }: Summed): OwnedBuffer {
  const answer: Aggregate = { ...headOf(query), data: rows.map((row) => toBucket(row, query, groups)) }
  return ownedText(JSON.stringify(answer))
}

const headOf = (query: AggregateQuery) => ({
  service_name: query.service_name,
  metric_type: query.metric_type,
  interval: query.interval,
  start_time: query.start_time.sent,
  end_time: query.end_time.sent,
})

function toBucket(row: SumRow, query: AggregateQuery, groups: readonly (string | null)[]): Bucket {
  const { group_by, percentiles } = query
  return {
    timestamp: toWire(row.bucket),
    ...(group_by === undefined ? {} : { group: groups[row.group_no] ?? null }),
    avg_value: meanOf(row),
    min_value: row.low,
    max_value: row.high,
    count: row.count,
    sum_value: row.total,
    ...(percentiles === undefined ? {} : { percentiles: percentilesOf(row, percentiles) }),
  }
}

const meanOf = ({ total, count }: SumRow): number => total / count

const percentilesOf = (row: SumRow, keys: readonly string[]): Record<string, number> =>
  Object.fromEntries(row.percentiles.map((value, at) => [keys[at], value]))

function writeColumns({ query, rows, groups }: Summed): OwnedBuffer {
  const byGroup = [...Map.groupBy(rows, (row) => row.group_no)].sort(([a], [b]) => a - b)
  const answer: AggregateColumns = {
    ...headOf(query),
    series: byGroup.map(([group, own]) => ({
      ...(query.group_by === undefined ? {} : { group: groups[group] ?? null }),
      timestamps: own.map((row) => fromPostgres(row.bucket)),
      avg_value: own.map(meanOf),
      min_value: own.map((row) => row.low),
      max_value: own.map((row) => row.high),
      count: own.map((row) => row.count),
      sum_value: own.map((row) => row.total),
      ...(query.percentiles === undefined ? {} : { percentiles: percentileColumns(own, query.percentiles) }),
    })),
  }
  return ownedText(JSON.stringify(answer))
}

const percentileColumns = (rows: readonly SumRow[], keys: readonly string[]): Record<string, readonly number[]> =>
  Object.fromEntries(keys.map((key, at) => [key, rows.map((row) => row.percentiles[at] ?? 0)]))

const FIGURES = ['avg_value', 'min_value', 'max_value', 'count', 'sum_value']
const percentileNames = ({ percentiles = [] }: AggregateQuery): readonly string[] =>
  percentiles.map((key) => `percentile_${key}`)

function writeCsv({ query, rows, groups }: Summed): OwnedBuffer {
  const isGrouped = query.group_by !== undefined
  const lines = [csvLine(['timestamp', ...(isGrouped ? ['group'] : []), ...FIGURES, ...percentileNames(query)])]
  for (const row of rows) {
    const group = isGrouped ? [csvField(groups[row.group_no] ?? null)] : []
    const figures = [meanOf(row), row.low, row.high, row.count, row.total, ...row.percentiles]
    lines.push(csvLine([toWire(row.bucket), ...group, ...figures]))
  }
  return ownedText(lines.join(''))
}

function writeArrow({ query, rows, groups }: Summed): OwnedBuffer {
  const numbers = (figure: (row: SumRow) => number) => numberColumn(Float64Array.from(rows, figure))
  const percentiles = percentileNames(query).map((name, at) => [name, numbers((row) => row.percentiles[at] ?? 0)])
  const stream = arrowStream({
    timestamp: instantColumn(rows.map((row) => fromPostgres(row.bucket))),
    ...(query.group_by === undefined ? {} : { group: textColumn(rows.map((row) => groups[row.group_no] ?? null)) }),
    avg_value: numbers(meanOf),
    min_value: numbers((row) => row.low),
    max_value: numbers((row) => row.high),
    count: countColumn(rows.map((row) => row.count)),
    sum_value: numbers((row) => row.total),
    ...Object.fromEntries(percentiles),
  })
  return ownedCopy(stream)
}
