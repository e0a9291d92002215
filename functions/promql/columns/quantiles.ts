// Quantiles of values, and of the buckets of histograms.

/** Returns the quantile of some values, which it sorts; between two values it interpolates. NaN sorts first. */
export function quantileOf(quantile: number, values: Float64Array): number {
  const outside = outsideOf(quantile)
  if (outside !== undefined) return outside
  if (values.length === 0) return Number.NaN
  sortNaNFirst(values)
  const rank = quantile * (values.length - 1)
  const lower = Math.max(0, Math.floor(rank))
  const upper = Math.min(values.length - 1, lower + 1)
  const weight = rank - Math.floor(rank)
  return (values[lower] as number) * (1 - weight) + (values[upper] as number) * weight
}

function outsideOf(quantile: number): number | undefined {
  if (Number.isNaN(quantile)) return Number.NaN
  if (quantile < 0) return Number.NEGATIVE_INFINITY
  return quantile > 1 ? Number.POSITIVE_INFINITY : undefined
}

/** Typed arrays sort NaN last. */
function sortNaNFirst(values: Float64Array): void {
  values.sort()
  let numbers = values.length
  while (numbers > 0 && Number.isNaN(values[numbers - 1])) numbers--
  if (numbers === values.length) return
  values.copyWithin(values.length - numbers, 0, numbers)
  values.fill(Number.NaN, 0, values.length - numbers)
}

export interface Bucket {
  readonly upper: number
  count: number
}

/**
 * Returns the quantile of cumulative buckets, sorted by their upper bounds, the last of which has to be infinite. Within a bucket values
 * are taken to be evenly distributed; the lowest bucket begins at 0 unless its bound is not above 0.
 */
export function bucketQuantile(quantile: number, sorted: readonly Bucket[]): number {
  const outside = outsideOf(quantile)
  if (outside !== undefined) return outside
  if (sorted.at(-1)?.upper !== Number.POSITIVE_INFINITY) return Number.NaN
  const buckets = monotonic(sorted)
  const last = buckets.length - 1
  const observations = buckets[last]?.count ?? 0
  if (last < 1 || observations === 0) return Number.NaN
  let rank = quantile * observations
  const found = buckets.findIndex(({ count }, i) => i === last || count >= rank)
  const upper = (i: number): number => (buckets[i] as Bucket).upper
  if (Number.isNaN(rank)) return upper(last - 1)
  if (found === last) return upper(last - 1)
  if (found === 0 && upper(0) <= 0) return upper(0)
  let { count } = buckets[found] as Bucket
  let start = 0
  if (found > 0) {
    const before = buckets[found - 1] as Bucket
    start = before.upper
    count -= before.count
    rank -= before.count
  }
  return start + (upper(found) - start) * (rank / count)
}

/** Joins buckets with one bound, and raises counts that are lower than those of smaller buckets: scrapes are not atomic. */
function monotonic(sorted: readonly Bucket[]): readonly Bucket[] {
  const joined: Bucket[] = []
  for (const { upper, count } of sorted) {
    const last = joined.at(-1)
    if (last?.upper === upper) last.count += count
    else joined.push({ upper, count })
  }
  let most = joined[0]?.count ?? 0
  for (const bucket of joined) {
    if (bucket.count > most) most = bucket.count
    else if (bucket.count < most) bucket.count = most
  }
  return joined
}
