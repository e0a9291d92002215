// Converts clock times of a zone to instants. Node 24 does not have Temporal yet; this follows its disambiguation `compatible`:
// https://tc39.es/proposal-temporal/docs/timezone.html
import { HOUR, MINUTE, type Micros } from '@penstock/shared/base/time.ts'

/** The reliability of a clock time's instant: an hour that the zone's clocks show twice, or never, is ambiguous. */
export type Certainty = 'exact' | 'shown twice' | 'never shown'

export interface Zone {
  /**
   * Returns the instant at which the zone's clocks show this time, which is given as if it were UTC. For a time that clocks show twice,
   * `at` is the first instant and `second` the second one. For a time that they never show, `at` is computed as if the clocks had not
   * been set forward yet.
   */
  instantOf(local: Micros): { readonly at: Micros; readonly certainty: Certainty; readonly second?: Micros }
}

export const UTC = 'UTC'

/** In every zone since 2010, offsets change on quarters of an hour of UTC. */
const STEP = 15 * MINUTE
/** No zone changes twice within this time, and no offset is longer. */
const NEIGHBOURHOOD = 24 * HOUR
const MAX_REMEMBERED = 20_000

/** Opens a zone by its name. @throws {RangeError} when there is no such zone. */
export function openZone(name: string): Zone {
  if (name === UTC) return { instantOf: (at) => ({ at, certainty: 'exact' }) }
  const offsetAt = rememberedOffsets(name)
  return {
    instantOf(local) {
      const before = offsetAt(local - NEIGHBOURHOOD)
      const after = offsetAt(local + NEIGHBOURHOOD)
      if (before === after) return { at: local - before, certainty: 'exact' }
      const fits = [before, after].filter((offset) => offsetAt(local - offset) === offset)
      if (fits.length === 2) {
        const [at, second] = [local - Math.max(before, after), local - Math.min(before, after)]
        return { at, certainty: 'shown twice', second }
      }
      if (fits.length === 0) return { at: local - before, certainty: 'never shown' }
      return { at: local - (fits[0] ?? before), certainty: 'exact' }
    },
  }
}

/** A call of Intl takes 6 µs: too long for every row, negligible for every quarter of an hour. */
function rememberedOffsets(name: string): (at: Micros) => Micros {
  const ask = intlOffsets(name)
  const known = new Map<number, Micros>()
  return (at) => {
    const step = Math.floor(at / STEP)
    const remembered = known.get(step)
    if (remembered !== undefined) return remembered
    if (known.size >= MAX_REMEMBERED) known.clear()
    const offset = ask(step * STEP)
    known.set(step, offset)
    return offset
  }
}

/** Returns the offset of the zone's clocks from UTC. */
function intlOffsets(name: string): (at: Micros) => Micros {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    calendar: 'iso8601',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  return (at) => {
    const parts = new Map(format.formatToParts(at / 1000).map(({ type, value }) => [type, Number(value)]))
    const shown = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0
    const clock = Date.UTC(
      shown('year'),
      shown('month') - 1,
      shown('day'),
      shown('hour'),
      shown('minute'),
      shown('second'),
    )
    return clock * 1000 - at
  }
}
