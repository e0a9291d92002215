// Lines of a chart as data: columns of times and values, and what is derived from them.

export interface Line {
  readonly name: string
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[]
  readonly values: readonly number[]
  /** The extremes of each bucket, where the values are averages. */
  readonly low?: readonly number[]
  readonly high?: readonly number[]
  /** The number of its colour; its place among the lines when absent. */
  readonly color?: number
  /** Drawn thin and broken: another period, for comparison. */
  readonly isFaint?: boolean
}

export interface Summary {
  readonly points: number
  readonly min: number
  readonly max: number
  readonly average: number
  readonly last: number
}

/** Summarises the values; undefined when there is none. Averages of buckets count once each. */
export function summaryOf({ values, low = values, high = values }: Line): Summary | undefined {
  const last = values.at(-1)
  if (last === undefined) return undefined
  let [min, max, sum] = [Infinity, -Infinity, 0]
  for (const [i, value] of values.entries()) {
    min = Math.min(min, low[i] ?? value)
    max = Math.max(max, high[i] ?? value)
    sum += value
  }
  return { points: values.length, min, max, average: sum / values.length, last }
}

/** The moving average over `size` points, ending at each point; at the beginning over as many as there are. */
export function movingAverage(values: readonly number[], size: number): readonly number[] {
  let sum = 0
  return values.map((value, i) => {
    sum += value - (i >= size ? (values[i - size] ?? 0) : 0)
    return sum / Math.min(i + 1, size)
  })
}

/** Columns in the form that the chart draws: one column of times, and a column of values for each line. */
export type Aligned = [times: number[], ...values: (number | null | undefined)[][]]

/**
 * Brings lines onto one column of times. A value that a line does not have is undefined and does not break it; a gap that is much
 * longer than its usual distance between points is null and does.
 */
export function aligned(lines: readonly Line[]): Aligned {
  const broken = lines.map(withGaps)
  const [only] = broken
  if (broken.length === 1 && only) return [[...only.times], [...only.values]]
  const times = [...new Set(broken.flatMap((line) => line.times))].toSorted((a, b) => a - b)
  const places = new Map(times.map((time, i) => [time, i]))
  const columns = broken.map((line) => {
    const column = Array.from<number | null | undefined>({ length: times.length })
    for (const [i, time] of line.times.entries()) column[places.get(time) ?? 0] = line.values[i]
    return column
  })
  return [times, ...columns]
}

/** A gap this many times as long as the median distance is shown as one. */
const GAP = 8

function withGaps({ times, values }: Line): { readonly times: number[]; readonly values: (number | null)[] } {
  const distances = times.slice(1).map((time, i) => time - (times[i] ?? time))
  const limit = GAP * (distances.toSorted((a, b) => a - b)[Math.floor(distances.length / 2)] ?? Infinity)
  const found = { times: [] as number[], values: [] as (number | null)[] }
  for (const [i, time] of times.entries()) {
    if (i > 0 && limit > 0 && (distances[i - 1] ?? 0) > limit) {
      found.times.push((times[i - 1] ?? time) + limit / GAP)
      found.values.push(null)
    }
    found.times.push(time)
    found.values.push(values[i] ?? null)
  }
  return found
}
