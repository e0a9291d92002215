// Computes the figures of a row from measurements.

/** Returns the smallest value that at least `percent` per cent of all values do not exceed (nearest rank); null for no values. */
export function percentile(values: readonly number[], percent: number): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? null
}

/** Returns the middle value, or the mean of the two in the middle; null for no values. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[sorted.length >> 1]
  const lower = sorted[(sorted.length - 1) >> 1]
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2
}

/**
 * Returns how close one subject came to another that was measured in turns with it: the median of the ratios of adjacent turns, because
 * other load on the machine disturbs both of a pair. Null when there is no pair.
 */
export function pairedRatio(rates: readonly number[], limits: readonly number[]): number | null {
  const pairs = rates.flatMap((rate, i) => {
    const limit = limits[i]
    return limit === undefined || limit === 0 ? [] : [rate / limit]
  })
  return median(pairs)
}
