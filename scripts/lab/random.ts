// Seeded random numbers: the same seed gives the same choices on every machine.
import { createHash } from 'node:crypto'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

export interface Random {
  /** Returns a number from 0 up to 1, exclusive. */
  next(): number
  /** Returns a whole number from 0 up to `count`, exclusive. */
  below(count: number): number
  /** Returns true with this probability, 0 to 1. */
  chance(probability: number): boolean
  /** Returns one item of the list. @throws {Error} when the list is empty. */
  pick<T>(list: readonly T[]): T
  bytes(count: number): Buffer
}

/** Makes a generator for a seed; seeds that differ in one character give unrelated numbers. */
export function seededRandom(seed: string): Random {
  const generator = xoroshiro128plus(createHash('sha256').update(seed).digest().readInt32LE())
  const next = (): number => uniformFloat64(generator)
  const below = (count: number): number => Math.floor(next() * count)
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick<T>(list: readonly T[]): T {
      if (list.length === 0) throw new Error('the list to choose from is empty')
      return list[below(list.length)] as T
    },
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => below(256))),
  }
}
