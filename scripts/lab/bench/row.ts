// One row of the table, in exactly the form that --json writes.
import { median, pairedRatio, percentile } from '../figures.ts'
import { ratesOf, type Slice } from './measure.ts'

/** Names and meanings of fields never change, because programs compare runs. */
export interface Row {
  readonly name: string
  /** The median of the slices, in `unit`. */
  readonly rate: number
  readonly unit: Unit
  /** Latency of one request or statement, over all slices. */
  readonly p50_ms: number | null
  readonly p95_ms: number | null
  readonly p99_ms: number | null
  /** Requests that failed, and acknowledged points that are not in the table. */
  readonly errors: number
  /** Peak memory of the function's process, or of the command's when there is no function. */
  readonly peak_rss_mb: number | null
  /** Maximum concurrent database connections. */
  readonly connections: number | null
  /** Result of the limit in the same run, in the same unit. */
  readonly limit: number | null
  /** The rate divided by the limit, the median over pairs of turns; inverted when less is better. */
  readonly ratio: number | null
}

export type Unit =
  | 'points/s'
  | 'requests/s'
  | 'ranges/s'
  | 'starts/s'
  | 'bytes/point'
  | 'bytes/answer'
  | 'µs/point'
  | 'ms'
  | 'ms/query'
  | '% of object'
  | '% of CPU'

export interface Measured {
  readonly name: string
  readonly unit: Unit
  readonly slices: readonly Slice[]
  /** Results of the limit, turn by turn like `slices`. */
  readonly limit?: readonly Slice[]
  readonly peakRssMb?: number | null
  readonly connections?: number | null
  /** Acknowledged points that are not in the table. */
  readonly lost?: number
}

/** Makes the row of a measurement. @throws {Error} when nothing was measured. */
export function toRow(measured: Measured): Row {
  const { name, unit, slices, limit } = measured
  const latencies = slices.flatMap((slice) => slice.latenciesMs)
  const rate = median(ratesOf(slices))
  if (rate === null) throw new Error(`${name}: nothing was measured`)
  return {
    name,
    rate: rounded(rate, 2),
    unit,
    p50_ms: rounded(percentile(latencies, 50), 2),
    p95_ms: rounded(percentile(latencies, 95), 2),
    p99_ms: rounded(percentile(latencies, 99), 2),
    errors: slices.reduce((sum, slice) => sum + slice.errors, 0) + (measured.lost ?? 0),
    peak_rss_mb: rounded(measured.peakRssMb ?? null, 1),
    connections: measured.connections ?? null,
    limit: limit ? rounded(median(ratesOf(limit)), 2) : null,
    ratio: limit ? rounded(pairedRatio(ratesOf(slices), ratesOf(limit)), 3) : null,
  }
}

/** Makes the row of one figure, which has neither latencies nor a limit. */
export const figureRow = (name: string, unit: Unit, rate: number): Row => ({
  name,
  rate,
  unit,
  p50_ms: null,
  p95_ms: null,
  p99_ms: null,
  errors: 0,
  peak_rss_mb: null,
  connections: null,
  limit: null,
  ratio: null,
})

export function rounded(value: number, digits: number): number
export function rounded(value: number | null, digits: number): number | null
export function rounded(value: number | null, digits: number): number | null {
  return value === null ? null : Number(value.toFixed(digits))
}
