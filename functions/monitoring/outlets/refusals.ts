// Reads the text with which Cloud Monitoring refuses a request: what it says about each series.

/** The content of a refusal, by the numbers of the series in the request. */
export interface Refusals {
  /** Series that have a point of this time or of a later one already. */
  readonly skipped: ReadonlySet<number>
  /** The reasons why the others were refused, by the number of the series. */
  readonly errors: ReadonlyMap<number, string>
}

/** Matches the reason for a point that is not at least 5 s newer than the last one of its series. */
const NOT_NEWER = /written in order|more frequently|older (?:start|end) time|not later/i

/**
 * Reads the text of a refusal, which names each series that was not written as `timeSeries[0,2-4]`, with the reason before or after it. A
 * text that names none is about all `count` series, because then nothing was written.
 * @see https://cloud.google.com/monitoring/custom-metrics/troubleshooting-custom-metrics
 */
export function readRefusal(text: string, count: number): Refusals {
  const skipped = new Set<number>()
  const errors = new Map<number, string>()
  for (const part of text.split(/;\s*/)) {
    const numbers = [...part.matchAll(/timeSeries\[([\d,\s-]+)\]/g)].flatMap(([, list = '']) => numbersIn(list))
    for (const number of numbers.filter((it) => it < count)) {
      if (NOT_NEWER.test(part)) skipped.add(number)
      else errors.set(number, part)
    }
  }
  if (skipped.size + errors.size === 0) for (let i = 0; i < count; i++) errors.set(i, text)
  return { skipped, errors }
}

function numbersIn(list: string): readonly number[] {
  return list.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number)
    const length = Math.min(Math.max(0, last - first + 1), MOST_SERIES)
    return Number.isFinite(length) ? Array.from({ length }, (_, i) => first + i) : []
  })
}

/** Maximum number of series in a request. */
export const MOST_SERIES = 200
