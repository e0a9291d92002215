// A limit of requests by address, for routes that need no credential.
import { LRUCache } from 'lru-cache'
import { tooMany } from './problem.ts'
import type { Clock } from './time.ts'

/** Tokens of an address: how many requests it may make at once, and how many it regains each second. */
const BURST = 120
const PER_SECOND = 20
/** Maximum addresses that are remembered. One that was forgotten starts again. */
const MOST_ADDRESSES = 10_000

/** Takes one request of an address. @throws {Problem} 429 when it has used up its limit. */
export function addressRate(clock: Clock): (address: string) => void {
  const buckets = new LRUCache<string, { left: number; at: number }>({ max: MOST_ADDRESSES })
  return (address) => {
    const now = clock()
    const before = buckets.get(address)
    const regained = before ? (Math.max(0, now - before.at) / 1000) * PER_SECOND : BURST
    const left = Math.min(BURST, (before?.left ?? 0) + regained) - 1
    if (left < 0) throw tooMany('This address has made too many requests without a credential.')
    buckets.set(address, { left, at: now })
  }
}
