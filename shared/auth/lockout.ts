// Counts wrong credentials by the address that they come from. A caller that guesses is answered 429 after a few attempts. A caller that was
// accepted here before is not affected by the guesses of others, even from its own address.
import { LRUCache } from 'lru-cache'
import { lockedOut, Problem } from '../base/problem.ts'
import type { Clock } from '../base/time.ts'

/**
 * A credential is named by what its text claims: the id of a key, or the tenant and the subject of a token. Counts are those of one
 * instance and are lost with it: secrets and signatures cannot be guessed anyway, so nothing depends on an exact count.
 */
export interface Lockout {
  /** Returns the seconds for which the credential is locked for this address; undefined when it is not. */
  secondsLeft(address: string, credential: string): number | undefined
  /**
   * Counts a wrong secret or a forged token; `credential` is undefined when the text claims nothing.
   * @throws {Problem} 429 when the address has failed too often with any credentials.
   */
  failed(address: string, credential: string | undefined): void
}

const MINUTE_MS = 60_000
/** Failures of one credential from one address within the window, after which the pair is locked. */
const PAIR = { failures: 5, windowMs: 15 * MINUTE_MS, lockedMs: 30 * MINUTE_MS }
/** Failures of one address within the window, after which everything from it that fails is answered 429. */
const ADDRESS = { failures: 50, windowMs: 5 * MINUTE_MS }
const MAX_ADDRESSES = 10_000
/** Maximum credentials that are counted for one address. */
const MAX_PAIRS = 64

interface Count {
  failures: number
  /** Time of the first failure of the window, in milliseconds since 1970. */
  since: number
}

interface Guesser extends Count {
  readonly pairs: LRUCache<string, Count>
}

export function openLockout(clock: Clock): Lockout {
  const guessers = new LRUCache<string, Guesser>({ max: MAX_ADDRESSES })
  return {
    secondsLeft(address, credential) {
      const pair = guessers.get(address)?.pairs.get(credential)
      if (!pair || pair.failures < PAIR.failures) return undefined
      const leftMs = pair.since + PAIR.lockedMs - clock()
      return leftMs > 0 && leftMs <= PAIR.lockedMs ? Math.ceil(leftMs / 1_000) : undefined
    },
    failed(address, credential) {
      const now = clock()
      const guesser = guessers.get(address) ?? { failures: 0, since: now, pairs: new LRUCache({ max: MAX_PAIRS }) }
      guessers.set(address, guesser)
      const isMany = count(guesser, now, ADDRESS)
      if (credential !== undefined) {
        const pair = guesser.pairs.get(credential) ?? { failures: 0, since: now }
        guesser.pairs.set(credential, pair)
        count(pair, now, PAIR)
        // The lock lasts from the failure that completes it.
        if (pair.failures === PAIR.failures) pair.since = now
      }
      if (isMany) throw lockedOutFor(Math.max(1, Math.ceil((guesser.since + ADDRESS.windowMs - now) / 1_000)))
    },
  }
}

/** Counts one failure, in a window that begins with the first. Returns true when the maximum had been reached before. */
function count(counted: Count, now: number, limit: { readonly failures: number; readonly windowMs: number }): boolean {
  const age = now - counted.since
  if (age < 0 || age >= limit.windowMs) {
    counted.failures = 0
    counted.since = now
  }
  counted.failures++
  return counted.failures > limit.failures
}

/** The refusal of a credential that is locked, right or wrong. */
export const lockedOutFor = (seconds: number): Problem =>
  new Problem(lockedOut, 'Too many wrong credentials came from this address. Wait, and then send the right one.', {
    retryAfter: seconds,
  })
