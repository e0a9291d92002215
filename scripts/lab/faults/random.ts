// Chance that can be had again: the same seed gives the same sequence on every machine.
import { createHash } from 'node:crypto'

export interface Random {
  /** 0 ≤ n < 1. */
  next(): number
  /** A whole number, 0 ≤ n < `count`. */
  below(count: number): number
  /** One of the list, which is not empty. */
  pick<T>(list: readonly T[]): T
  /** Whether something that happens in this share of all cases happens now. */
  chance(share: number): boolean
}

/** A generator for each (seed, name): what one of them draws moves no other. */
export function seededRandom(seed: number, name: string): Random {
  let state = createHash('sha256').update(`${seed} ${name}`).digest().readUInt32LE()
  // mulberry32: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (count: number): number => Math.floor(next() * count)
  return {
    next,
    below,
    pick: (list) => list[below(list.length)] as (typeof list)[number],
    chance: (share) => next() < share,
  }
}
