// Clock times of a zone as instants. Node 24 has no Temporal yet; this is its disambiguation `compatible`:
// https://tc39.es/proposal-temporal/docs/timezone.html
import { HOUR, MINUTE, type Micros } from '@penstock/shared/base/time.ts'

/** How a clock time became an instant: an hour that the zone's clocks show twice or never leaves a choice. */
export type Certainty = 'exact' | 'shown twice' | 'never shown'

export interface Zone {
  /**
   * The instant at which the zone's clocks show this time, given as if it were UTC. Of a time that they show twice, when
   * they are set back, `at` is the first instant and `second` the second; of one that they never show, when they are set forward, what
   * a clock would show that was not.
   */
  instantOf(local: Micros): { readonly at: Micros; readonly certainty: Certainty; readonly second?: Micros }
}

export const UTC = 'UTC'

/** Offsets change on quarters of an hour of UTC, in every zone since 2010. */
const STEP = 15 * MINUTE
/** No zone changes twice within so long, and no offset is longer. */
const NEIGHBOURHOOD = 24 * HOUR
const MAX_REMEMBERED = 20_000

/** @throws {RangeError} when there is no zone of this name. */
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

/** Asking Intl takes 6 µs: too long for every row, nothing for every quarter of an hour. */
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

/** How far the zone's clocks are ahead of UTC. */
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
