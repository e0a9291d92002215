// Chance that can be repeated: the same seed gives the same choices, on every machine.

export interface Random {
  /** From 0, below `count`. */
  below(count: number): number
  /** True with this probability, 0 to 1. */
  chance(probability: number): boolean
  pick<T>(choices: readonly [T, ...T[]] | readonly T[]): T
  bytes(count: number): Buffer
}

/** Chance of its own for each seed; seeds that differ in one character have nothing in common. */
export function seededRandom(seed: string): Random {
  let state = hashOf(seed)
  const next = (): number => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (count: number): number => Math.floor(next() * count)
  return {
    below,
    chance: (probability) => next() < probability,
    pick<T>(choices: readonly T[]): T {
      if (choices.length === 0) throw new Error('there is nothing to choose from')
      return choices[below(choices.length)] as T
    },
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => below(256))),
  }
}

/** FNV-1a, and a last mix: seeds are mostly numbers that differ in their last digit. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
