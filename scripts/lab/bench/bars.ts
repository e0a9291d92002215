// The bars: the values that figures are compared with.

import { textTable } from '../../cli/text-table.ts'
import { allDeployments } from '../../deploy/deployments.ts'
import type { Row } from './row.ts'

interface Bar {
  readonly name: string
  /** Name of the figure that the bar applies to. */
  readonly figure: string
  readonly of: (row: Row, rows: ReadonlyMap<string, Row>) => number | null | undefined
  readonly atLeast?: number
  readonly atMost?: number
}

/** Bars are ratios and sizes. Aims are for a quiet machine with two cores; on another machine a missed aim means little. */
const bars: readonly Bar[] = [
  { name: 'ingest.single.c64', figure: 'to one point a transaction', of: ratio, atLeast: 8 },
  { name: 'ingest.single.c64', figure: 'requests a second (aim)', of: rate, atLeast: 2_000 },
  { name: 'ingest.batch-1000.c8', figure: 'to bare COPY', of: toCopy, atLeast: 0.45 },
  { name: 'ingest.batch-1000.c8', figure: 'to the bare upsert', of: ratio, atLeast: 0.85 },
  { name: 'ingest.batch-10000.c8', figure: 'peak MB', of: (row) => row.peak_rss_mb, atMost: 300 },
  { name: 'protocols.otlp.batch-10000.c8', figure: 'to our own JSON', of: ratio, atLeast: 0.8 },
  { name: 'protocols.remote-write.batch-10000.c8', figure: 'to our own JSON', of: ratio, atLeast: 0.8 },
  { name: 'protocols.line-protocol.batch-10000.c8', figure: 'to our own JSON', of: ratio, atLeast: 0.8 },
  { name: 'cost.line-5000.c8', figure: 'to InfluxDB', of: ratio, atLeast: 1 },
  { name: 'cost.single.c64', figure: 'µs of CPU', of: rate, atMost: 200 },
  { name: 'drained.json-1000.c8', figure: 'to bare COPY', of: ratio, atLeast: 1.5 },
  { name: 'promql.sum-by.prometheus', figure: 'to Prometheus', of: ratio, atLeast: 0.2 },
  { name: 'promql.sum-by.prometheus', figure: 'to Prometheus (aim)', of: ratio, atLeast: 0.5 },
  { name: 'promql.peak', figure: 'peak MB', of: (row) => row.peak_rss_mb, atMost: 450 },
  { name: 'monitoring.run', figure: 'ms', of: rate, atMost: 1_500 },
  { name: 'monitoring.write-cpu', figure: '% of CPU', of: rate, atMost: 2 },
  { name: 'alerts.rules-1000', figure: 'ms', of: rate, atMost: 10_000 },
  { name: 'alerts.analytics', figure: 'ms', of: rate, atMost: 300 },
  { name: 'import.csv', figure: 'to bare COPY', of: ratio, atLeast: 0.6 },
  { name: 'archive.write', figure: 'points a second (aim)', of: rate, atLeast: 150_000 },
  { name: 'archive.write', figure: 'peak MB', of: (row) => row.peak_rss_mb, atMost: 256 },
  { name: 'archive.bytes-per-point', figure: 'bytes', of: rate, atMost: 6 },
  { name: 'cold.reopen', figure: 'to bare COPY', of: ratio, atLeast: 1 },
  { name: 'feedback.rate.c16', figure: 'to the bare statement', of: ratio, atLeast: 0.6 },
  { name: 'cache.stats.c8', figure: 'to counting each time', of: ratio, atLeast: 10 },
  { name: 'cache.stats.c8', figure: 'p95 ms (aim)', of: (row) => row.p95_ms, atMost: 5 },
  { name: 'query.range-3600.c8', figure: 'to a bare client', of: ratio, atLeast: 0.35 },
  { name: 'query.range-3600.c8', figure: 'requests a second (aim)', of: rate, atLeast: 400 },
  { name: 'query.columns-3600.c8', figure: 'to JSON', of: ratio, atLeast: 1.3 },
  { name: 'stored-columns.range-3600.c8', figure: 'to JSON', of: ratio, atLeast: 1.3 },
  { name: 'stored-columns.range-3600.cpu', figure: 'InfluxDB to it', of: ratio, atLeast: 1 },
  { name: 'query.columns-3600.bytes', figure: 'bytes', of: rate, atMost: 90_000 },
  { name: 'query.columns-3600.zstd', figure: 'bytes', of: rate, atMost: 35_000 },
  { name: 'query.aggregate-24h.c8', figure: 'to a bare client', of: ratio, atLeast: 0.7 },
  { name: 'query.newest-1000.c8', figure: 'p95 ms (aim)', of: (row) => row.p95_ms, atMost: 25 },
  { name: 'cold.query-day.c8', figure: 'p95 ms (aim)', of: (row) => row.p95_ms, atMost: 150 },
  { name: 'cold.query-day.c8', figure: 'peak MB', of: (row) => row.peak_rss_mb, atMost: 200 },
  { name: 'cold.query-day.read', figure: '% of the object', of: rate, atMost: 5 },
  ...allDeployments().map(({ name }) => ({
    name: `cold-start.${name}`,
    figure: 'p50 ms (aim)',
    of: (row: Row) => row.p50_ms,
    atMost: 400,
  })),
]

/** Formats the bars of the measured rows, a line each; empty when there are none. */
export function barTable(rows: readonly Row[]): string {
  const byName = new Map(rows.map((row) => [row.name, row]))
  const lines = bars.flatMap((bar) => {
    const row = byName.get(bar.name)
    const value = row && bar.of(row, byName)
    return value === undefined || value === null ? [] : [line(bar, value)]
  })
  return lines.length === 0 ? '' : textTable(['name', 'figure', 'measured', 'bar', ''], lines)
}

function line({ name, figure, atLeast, atMost }: Bar, value: number): readonly string[] {
  const holds = value >= (atLeast ?? Number.NEGATIVE_INFINITY) && value <= (atMost ?? Number.POSITIVE_INFINITY)
  const bar = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`
  return [name, figure, value >= 100 ? value.toFixed(0) : value.toFixed(2), bar, holds ? 'holds' : 'MISSED']
}

function ratio(row: Row): number | null {
  return row.ratio
}

function rate(row: Row): number {
  return row.rate
}

function toCopy(row: Row, rows: ReadonlyMap<string, Row>): number | undefined {
  const copy = rows.get('limit.copy')
  return copy && row.rate / copy.rate
}
