// The buckets of an aggregate, and percentiles of their values.
import { DAY, HOUR, MINUTE, type Micros, monthOf, monthStart } from '@penstock/shared/base/time.ts'

export type BucketWidth = '1 minute' | '5 minutes' | '15 minutes' | '1 hour' | '1 day' | '7 days' | '1 month'

const ofLength =
  (length: Micros, origin = 0) =>
  (at: Micros): Micros =>
    origin + Math.floor((at - origin) / length) * length

const A_MONDAY = monthStart('1969-12-01')

/** Returns the first instant of an instant's bucket. */
export const bucketOf: Readonly<Record<BucketWidth, (at: Micros) => Micros>> = {
  '1 minute': ofLength(MINUTE),
  '5 minutes': ofLength(5 * MINUTE),
  '15 minutes': ofLength(15 * MINUTE),
  '1 hour': ofLength(HOUR),
  '1 day': ofLength(DAY),
  '7 days': ofLength(7 * DAY, A_MONDAY),
  '1 month': (at) => monthStart(monthOf(at)),
}

/** Computes percentile_cont exactly like PostgreSQL. Fractions are from 0 to 1. */
export function percentilesOf(parts: readonly Float64Array[], fractions: readonly number[]): readonly number[] {
  const values = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0))
  let length = 0
  for (const part of parts) {
    values.set(part, length)
    length += part.length
  }
  values.sort()
  return fractions.map((fraction) => {
    const place = fraction * (length - 1)
    const [below, above] = [values[Math.floor(place)] ?? 0, values[Math.ceil(place)] ?? 0]
    return below === above ? below : below + (place - Math.floor(place)) * (above - below)
  })
}
