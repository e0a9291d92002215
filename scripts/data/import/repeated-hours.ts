// Clock times of an hour that is shown twice: which of the two is meant, by the order of rows.
import { HOUR, type Micros } from '@penstock/shared/base/time.ts'

export interface RepeatedHours {
  /** The rows that follow are of this series; the rows of each series are in an order of their own. */
  enter(series: string): void
  /** Chooses between the two instants of a clock time. */
  choose(local: Micros, first: Micros, second: Micros): Micros
}

interface Last {
  local: Micros
  isSecond: boolean
}

/** One night is over by then. */
const NIGHT = 12 * HOUR

/**
 * Tells the two passes through a repeated hour apart. Where rows ascend, the second pass begins with the first time that is not after
 * the one before it; where they descend, the second pass comes first. A file that has one pass alone is taken for the one that its
 * order begins with.
 */
export function createRepeatedHours(descending: boolean): RepeatedHours {
  const lasts = new Map<string, Last>()
  let current = ''
  return {
    enter(series) {
      current = series
    },
    choose(local, first, second) {
      const last = lasts.get(current)
      if (!last || Math.abs(local - last.local) > NIGHT) {
        lasts.set(current, { local, isSecond: descending })
        return descending ? second : first
      }
      if (descending ? local >= last.local : local <= last.local) last.isSecond = !descending
      last.local = local
      return last.isSecond ? second : first
    },
  }
}
