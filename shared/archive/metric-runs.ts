// Points outside the database, as the archive writes and reads them: runs of one series, in the archive's order.
import { createHash } from 'node:crypto'
import type { Micros } from '../base/time.ts'
import type { SeriesName } from '../points/series-queries.ts'

/** Points of one series, oldest first. `at` is in microseconds since 1970. A long series is several consecutive runs. */
export interface MetricRun {
  readonly series: SeriesName
  readonly at: Float64Array
  readonly value: Float64Array
}

/** Identifies the content of an object, independent of its encoding and its division into runs. */
export interface MetricSummary {
  readonly rows: number
  /** Null when there are no rows. */
  readonly minAt: Micros | null
  readonly maxAt: Micros | null
  /** SHA-256 over every series, instant and value in order, in hexadecimal. */
  readonly contentHash: string
}

/**
 * Sums up content. `add` @throws {Error} for a run that does not come strictly after everything that was added before, ordered by
 * service_name, metric_type, unit and labels (by their UTF-8 bytes), then by instant. So no key occurs twice.
 */
export function metricSummary(): { add(run: MetricRun): void; finish(): MetricSummary } {
  const names = createHash('sha256')
  const instants = createHash('sha256')
  const values = createHash('sha256')
  let rows = 0
  let minAt = Number.POSITIVE_INFINITY
  let maxAt = Number.NEGATIVE_INFINITY
  let last: { readonly series: SeriesName; readonly at: Micros } | undefined

  return {
    add(run) {
      const { series, at, value } = run
      if (at.length === 0) return
      const goesOn = last !== undefined && compareSeries(last.series, series) === 0
      if (last && !goesOn && compareSeries(last.series, series) > 0) throw new Error('series are out of order')
      let before = last && goesOn ? last.at : Number.NEGATIVE_INFINITY
      for (const instant of at) {
        if (!(instant > before)) throw new Error('instants of a series are out of order')
        before = instant
      }
      // The row number where a series begins ties its points to its name; it ends where the next one begins.
      if (!goesOn) names.update(JSON.stringify([rows, series.service, series.type, series.unit, series.labels]))
      instants.update(bytesOf(at))
      values.update(bytesOf(value))
      rows += at.length
      minAt = Math.min(minAt, at[0] ?? minAt)
      maxAt = Math.max(maxAt, before)
      last = { series, at: before }
    },
    finish: () => ({
      rows,
      minAt: rows === 0 ? null : minAt,
      maxAt: rows === 0 ? null : maxAt,
      contentHash: createHash('sha256')
        .update(names.digest())
        .update(instants.digest())
        .update(values.digest())
        .digest('hex'),
    }),
  }
}

const bytesOf = (numbers: Float64Array): Uint8Array =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)

/** Compares two series in the archive's order: by their texts' UTF-8 bytes, like the collation "C". Negative when `a` is first. */
export function compareSeries(a: SeriesName, b: SeriesName): number {
  return (
    compareBytes(a.service, b.service) ||
    compareBytes(a.type, b.type) ||
    compareBytes(a.unit, b.unit) ||
    compareBytes(a.labels, b.labels)
  )
}

const compareBytes = (a: string, b: string): number => (a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b)))
