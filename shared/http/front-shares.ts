// The part of an instance that each caller gets: request slots, and memory for answers. Counted by address until the caller is known,
// then by tenant.

import type { Principal } from '../auth/principal.ts'
import { requestContext } from '../base/logger.ts'
import { busy, type Problem, tooMany } from '../base/problem.ts'
import { createShares, type Refused, type Shares } from '../base/shares.ts'
import type { PenstockDatabase } from '../database/database.ts'
import { aroundUnits } from '../database/units.ts'
import type { EdgeLimits } from './edge-limits.ts'

/** A taken part of a shared number. */
export interface Slot {
  /** Returns it. Safe to repeat. */
  release(): void
}

export interface FrontShares {
  /**
   * Takes a request slot for a caller that is not known yet. Returns undefined when its address, or all such callers together, have used
   * their share: the request may then continue only if its credential is cached, which takes no time.
   */
  enter(address: string): Slot | undefined
  /** Takes a request slot for a known caller. @throws {Problem} 429 over its share, 503 when there is none. */
  admit(holder: string): Slot
  /** Takes memory for an answer until it is sent. @throws {Problem} 429 over its share, 503 when there is none. */
  answer(holder: string, bytes: number): Slot
}

/** The holder of all callers together that are not known yet. */
const STRANGERS = 'strangers'
/** Smaller answers are not counted, because the slots bound them. */
const COUNTED_ANSWER_BYTES = 64 * 1024

export function createFrontShares(limits: Pick<EdgeLimits, 'inFlight' | 'answerBytes'>): FrontShares {
  const slots = createShares(limits.inFlight)
  const addresses = createShares(limits.inFlight)
  const answers = createShares(limits.answerBytes, 1)
  return {
    enter(address) {
      if (addresses.take(address, 1)) return undefined
      if (slots.take(STRANGERS, 1)) {
        addresses.give(address, 1)
        return undefined
      }
      return once(() => {
        addresses.give(address, 1)
        slots.give(STRANGERS, 1)
      })
    },
    admit: (holder) =>
      taken(
        slots,
        holder,
        1,
        'There are too many requests at the same time.',
        'This tenant has too many requests at the same time.',
      ),
    answer(holder, bytes) {
      if (bytes < COUNTED_ANSWER_BYTES) return once(() => {})
      const detail = 'There are too many large answers at the same time.'
      return taken(
        answers,
        holder,
        bytes,
        detail,
        'This tenant has too many large answers at the same time. Read those before you ask for more.',
      )
    },
  }
}

/**
 * Returns the holder that a caller's requests count towards: its tenant, or, for a caller that acts for all tenants, the caller with the
 * tenant that it names.
 */
export function holderOf(caller: Principal, named: string | null): string {
  return caller.kind === 'tenant' ? `tenant ${caller.tenant.id}` : `${caller.name} ${(named ?? '').slice(0, 63)}`
}

/** The refusal of an unknown caller whose address has used its share. */
export const tooManyStrangers = (): Problem =>
  tooMany('Too many requests from this address are waiting to be authenticated.')

/**
 * Returns the database for authentication, which refuses the look-up of a request without a slot before it begins.
 * @throws {Problem} 429 for such a look-up.
 */
export function databaseOfStrangers(db: PenstockDatabase): PenstockDatabase {
  return aroundUnits(db, async (run, work) => {
    if (requestContext.getStore()?.isOverShare) throw tooManyStrangers()
    return await run(work)
  })
}

function taken(shares: Shares, holder: string, amount: number, exhausted: string, overShare: string): Slot {
  const refused: Refused | undefined = shares.take(holder, amount)
  if (refused === 'over-share') throw tooMany(overShare)
  if (refused) throw busy(exhausted)
  return once(() => shares.give(holder, amount))
}

function once(release: () => void): Slot {
  let released = false
  return {
    release() {
      if (released) return
      released = true
      release()
    },
  }
}
