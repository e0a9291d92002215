// Which holder of connections is in the way of others: the pool keeps the last connection of an instance free of those.

import type { Clock } from '../base/time.ts'

/** A unit of work that holds a connection for longer than this makes its holder a long one. */
const LONG_MS = 100
/** How long a holder is known as a long one, and how long another one counts as present after it has asked. */
const REMEMBERED_MS = 10_000
const MAX_REMEMBERED = 1_000

export interface Neighbours {
  asked(holder: string): void
  lent(holder: string): void
  returned(holder: string, heldMs: number): void
  /** Whether a holder may have one connection more of `max`. */
  mayHaveOneMore(holder: string, max: number): boolean
  /** Whether another holder has asked lately. */
  hasOthers(holder: string): boolean
}

/**
 * Remembers who has asked and who has held a connection for long. A holder of long units gets all connections but one while others
 * are there, so that they wait for no unit of it; a holder of short units is never held back, since nobody waits long for those.
 */
export function createNeighbours(now: Clock): Neighbours {
  const holding = new Map<string, number>()
  const longUntil = new Map<string, number>()
  /** The two holders that asked last: one of them is another one, whoever asks. */
  let newest = { holder: '', at: Number.NEGATIVE_INFINITY }
  let before = newest

  const isRecent = ({ at }: { readonly at: number }): boolean => now() - at < REMEMBERED_MS
  const hasOthers = (holder: string): boolean => [newest, before].some((one) => one.holder !== holder && isRecent(one))
  const count = (holder: string, change: number): void => {
    const held = (holding.get(holder) ?? 0) + change
    if (held > 0) holding.set(holder, held)
    else holding.delete(holder)
  }
  return {
    hasOthers,
    asked(holder) {
      if (newest.holder !== holder) before = newest
      newest = { holder, at: now() }
    },
    lent: (holder) => count(holder, 1),
    returned(holder, heldMs) {
      count(holder, -1)
      if (heldMs <= LONG_MS) return
      longUntil.delete(holder)
      longUntil.set(holder, now() + REMEMBERED_MS)
      const [oldest] = longUntil.keys()
      if (longUntil.size > MAX_REMEMBERED && oldest !== undefined) longUntil.delete(oldest)
    },
    mayHaveOneMore(holder, max) {
      if (max === 1 || (holding.get(holder) ?? 0) < max - 1) return true
      return (longUntil.get(holder) ?? 0) <= now() || !hasOthers(holder)
    },
  }
}
