// Limits the database load of keys that only a look-up can distinguish from made-up ones.
import { LRUCache } from 'lru-cache'
import { busy, tooMany } from '../base/problem.ts'
import type { Clock } from '../base/time.ts'

export interface UnprovenLimits {
  /** Maximum callers of one address that wait for their turn. */
  readonly waitingPerAddress: number
  /** Maximum callers of all addresses that wait. */
  readonly waiting: number
  /** Maximum look-ups of one address that find nothing within `windowMs`. */
  readonly misses: number
  readonly windowMs: number
  /** Maximum milliseconds that a caller waits for its turn. */
  readonly waitMs: number
}

export const unprovenLimits: UnprovenLimits = {
  waitingPerAddress: 8,
  waiting: 64,
  misses: 60,
  windowMs: 60_000,
  waitMs: 5_000,
}

/** Runs a caller's look-up when its turn comes. */
export type InTurn = <T>(address: string, lookUp: () => Promise<T | undefined>) => Promise<T | undefined>

/** Maximum addresses whose misses are counted; the one with the oldest miss is forgotten first. */
const ADDRESSES = 10_000

/**
 * Runs one look-up at a time, in order of arrival, so made-up keys use at most one connection of the instance. An address has a share of
 * the queue and of the look-ups that find nothing.
 * @throws {Problem} 429 with `Retry-After` for an address that has used up its share; 503 when the queue is full or the turn does not
 * come in time.
 */
export function takingTurns(deps: { readonly clock: Clock; readonly limits?: UnprovenLimits }): InTurn {
  const limits = deps.limits ?? unprovenLimits
  const misses = countMisses(deps.clock, limits)
  const queue = openQueue(limits)
  return async (address, lookUp) => {
    misses.refuse(address)
    await queue.enter(address)
    try {
      // The address may have used up its share while this caller waited.
      misses.refuse(address)
      const found = await lookUp()
      if (found === undefined) misses.count(address)
      return found
    } finally {
      queue.leave()
    }
  }
}

/** Counts the look-ups of each address that found nothing, in a window that begins with the first. */
function countMisses(clock: Clock, { misses, windowMs }: UnprovenLimits) {
  const counted = new LRUCache<string, { count: number; readonly since: number }>({ max: ADDRESSES })
  const current = (address: string) => {
    const found = counted.get(address)
    const age = clock() - (found?.since ?? 0)
    return found && age >= 0 && age < windowMs ? found : undefined
  }
  return {
    refuse(address: string): void {
      const missed = current(address)
      if (!missed || missed.count < misses) return
      const retryAfter = Math.max(1, Math.ceil((missed.since + windowMs - clock()) / 1000))
      throw tooMany('Too many unknown keys arrived from this address.', retryAfter)
    },
    count(address: string): void {
      const missed = current(address)
      if (missed) missed.count++
      else counted.set(address, { count: 1, since: clock() })
    },
  }
}

interface Waiter {
  readonly address: string
  readonly begin: () => void
}

/** Lets one caller in at a time; the others wait, up to the limits. */
function openQueue({ waiting, waitingPerAddress, waitMs }: UnprovenLimits) {
  const queue: Waiter[] = []
  let isTaken = false
  return {
    async enter(address: string): Promise<void> {
      if (!isTaken) {
        isTaken = true
        return
      }
      if (queue.filter((waiter) => waiter.address === address).length >= waitingPerAddress)
        throw tooMany('Too many keys from this address are waiting to be looked up.')
      if (queue.length >= waiting) throw busy('Too many keys are waiting to be looked up.')
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const waiter = { address, begin: resolve }
      queue.push(waiter)
      const timer = setTimeout(() => {
        queue.splice(queue.indexOf(waiter), 1)
        reject(busy('The key could not be looked up in time.'))
      }, waitMs)
      waiter.begin = () => {
        clearTimeout(timer)
        resolve()
      }
      await promise
    },
    leave(): void {
      const next = queue.shift()
      isTaken = next !== undefined
      next?.begin()
    },
  }
}
