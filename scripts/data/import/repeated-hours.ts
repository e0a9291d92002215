// Resolves clock times in an hour that clocks show twice, by the order of rows.
import { HOUR, type Micros } from '@penstock/shared/base/time.ts'

export interface RepeatedHours {
  /** Announces that the following rows belong to this series; each series has an order of its own. */
  enter(series: string): void
  /** Chooses between the two instants of a clock time. */
  choose(local: Micros, first: Micros, second: Micros): Micros
}

interface Last {
  local: Micros
  isSecond: boolean
}

/** The repeated hour of one night is over after this time. */
const NIGHT = 12 * HOUR

/**
 * Distinguishes the two passes through a repeated hour. In ascending rows, the second pass begins with the first time that is not after
 * the one before it; in descending rows, the second pass comes first. A file with only one pass is assumed to have the one with which its
 * order begins.
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
