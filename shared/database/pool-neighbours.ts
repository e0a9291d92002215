// Finds the holders of connections that delay others: the pool keeps the last connection of an instance free of them.

import type { Clock } from '../base/time.ts'

/** A unit of work that holds a connection for longer than this marks its holder as long. */
const LONG_MS = 100
/** Milliseconds for which a holder counts as long, and for which another one counts as present after a request. */
const REMEMBERED_MS = 10_000
const MAX_REMEMBERED = 1_000

export interface Neighbours {
  asked(holder: string): void
  lent(holder: string): void
  returned(holder: string, heldMs: number): void
  /** True when a holder may have one more of `max` connections. */
  mayHaveOneMore(holder: string, max: number): boolean
  /** True when another holder has asked recently. */
  hasOthers(holder: string): boolean
}

/**
 * Remembers which holders have asked, and which have held a connection for long. A holder of long units gets all connections but one
 * while others are present, so that they never wait for its units. A holder of short units is never limited, because nobody waits long
 * for those.
 */
export function createNeighbours(now: Clock): Neighbours {
  const holding = new Map<string, number>()
  const longUntil = new Map<string, number>()
  /** The two holders that asked last: at least one of them differs from any given holder. */
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
