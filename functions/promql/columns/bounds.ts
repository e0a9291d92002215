// Searches in sorted times.

/** Returns where the points from an instant on begin. */
export function lowerBound(at: Float64Array, instant: number): number {
  let [low, high] = [0, at.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((at[middle] as number) < instant) low = middle + 1
    else high = middle
  }
  return low
}
