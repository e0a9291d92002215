// Compares the keys of two contents.
import { compareSeries, type MetricRun } from '@penstock/shared/archive/metric-runs.ts'

/**
 * Returns true when every (series, instant) of `part` is in `whole`, with any value. Both must be in the archive's order, and both are
 * read to their ends when the result is true. One run of each is in memory.
 */
export async function contains(whole: AsyncIterable<MetricRun>, part: AsyncIterable<MetricRun>): Promise<boolean> {
  const runs = whole[Symbol.asyncIterator]()
  let current = await runs.next()
  let row = 0
  for await (const { series, at } of part) {
    for (const instant of at) {
      for (;;) {
        if (current.done) return false
        const run: MetricRun = current.value
        const order = compareSeries(run.series, series)
        if (order > 0) return false
        if (order === 0) {
          while (row < run.at.length && (run.at[row] ?? 0) < instant) row++
          if (row < run.at.length) break
        }
        current = await runs.next()
        row = 0
      }
      if (current.value.at[row] !== instant) return false
    }
  }
  while (!current.done) current = await runs.next()
  return true
}
