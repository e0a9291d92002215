// A number that holders share: request slots, bytes in memory, places in a queue. The rule and its figures are in docs/decisions/0013.

/** The reason of a refusal: `over-share` for a holder that has its part already, `exhausted` when others have left nothing. */
export type Refused = 'over-share' | 'exhausted'

export interface Shares {
  /** Takes `amount` for a holder. Returns undefined on success; otherwise the reason of the refusal, and nothing is taken. */
  take(holder: string, amount: number): Refused | undefined
  /** Returns an amount that `take` has taken. */
  give(holder: string, amount: number): void
  /** The amount that a holder has now. */
  held(holder: string): number
}

/** A holder may hold at most this many times the amount that is free, so a lone holder gets four fifths of everything. */
const OPENNESS = 4

/**
 * Shares `total` among holders: each may take more as long as it then holds at most `openness` times the free amount. A lone holder gets
 * openness / (1 + openness) of the total. With k greedy holders, each gets openness / (1 + k × openness) of it, and 1 / (1 + k × openness)
 * stays free for newcomers.
 *
 * Memory is bounded by `total`, because a holder without units has no entry.
 */
export function createShares(total: number, openness: number = OPENNESS): Shares {
  const holders = new Map<string, number>()
  let used = 0
  const held = (holder: string): number => holders.get(holder) ?? 0
  return {
    held,
    take(holder, amount) {
      const has = held(holder)
      const free = total - used - amount
      if (free < 0 || has > openness * free) {
        const partOfOne = (openness * total) / (1 + openness * holders.size)
        return has > 0 && has + amount > partOfOne ? 'over-share' : 'exhausted'
      }
      holders.set(holder, has + amount)
      used += amount
      return undefined
    },
    give(holder, amount) {
      const left = held(holder) - amount
      if (left > 0) holders.set(holder, left)
      else holders.delete(holder)
      used -= amount
    },
  }
}
