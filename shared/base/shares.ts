// A number that holders share: request slots, bytes in memory, places in a queue. docs/decisions/0013 has the rule and its figures.

/** Why a holder gets nothing: it has the part of one of so many greedy holders already, or it has less and others have left nothing. */
export type Refused = 'over-share' | 'exhausted'

export interface Shares {
  /** Takes `amount` for a holder. Gives undefined when it was taken, otherwise the reason why not, and then nothing was taken. */
  take(holder: string, amount: number): Refused | undefined
  /** Gives back what `take` has taken. */
  give(holder: string, amount: number): void
  /** What a holder has. */
  held(holder: string): number
}

/** How many times what is free a holder may hold: alone it gets four fifths of everything. */
const OPENNESS = 4

/**
 * Shares `total` by a threshold that moves with what is free: a holder may take more as long as it holds at most `openness` times what
 * would then be free. Alone it gets openness / (1 + openness) of the total. Once k greedy holders have given back and taken anew what they
 * hold, each has openness / (1 + k × openness) of it, and 1 / (1 + k × openness) stays free for newcomers. A holder that holds nothing has
 * no entry, so there are at most as many entries as there are units.
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
