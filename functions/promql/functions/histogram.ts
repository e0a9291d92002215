// `histogram_quantile` over classic histograms: a series for each bucket, whose upper bound is the label `le`.
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import { type Labels, leaveOut, valueOf, withoutName } from '../columns/labels.ts'
import { type Bucket, bucketQuantile } from '../columns/quantiles.ts'
import { collect, makeSeries, type Run } from '../columns/run.ts'
import type { StepSeries, VectorValue } from '../columns/values.ts'
import { parseFloat64 } from '../syntax/durations.ts'

const BOUND = 'le'

interface Histogram {
  readonly labels: Labels
  readonly buckets: { readonly upper: number; readonly series: StepSeries }[]
}

export function* histogramQuantile(run: Run, quantiles: Float64Array, vector: VectorValue): Pieces<VectorValue> {
  const results: StepSeries[] = []
  for (const { labels, buckets } of histogramsOf(vector)) {
    buckets.sort((a, b) => a.upper - b.upper)
    const result = makeSeries(run, labels, quantiles.length)
    for (let i = 0; i < quantiles.length; i++) {
      const present: Bucket[] = []
      for (const { upper, series } of buckets) {
        if (series.has[i] === 1) present.push({ upper, count: series.values[i] as number })
      }
      if (present.length === 0) continue
      result.has[i] = 1
      result.values[i] = bucketQuantile(quantiles[i] as number, present)
    }
    results.push(result)
    yield
  }
  return collect(run, results)
}

/** Series without a bound, or whose bound is not a number, are left out. */
function histogramsOf({ series }: VectorValue): Iterable<Histogram> {
  const histograms = new Map<string, Histogram>()
  for (const one of series) {
    const upper = parseFloat64(valueOf(one.labels, BOUND))
    if (upper === undefined) continue
    const rest = leaveOut(one.labels, [BOUND])
    const known = histograms.get(rest.key) ?? { labels: withoutName(rest), buckets: [] }
    histograms.set(rest.key, known)
    known.buckets.push({ upper, series: one })
  }
  return histograms.values()
}
