// Takes the write lock exclusively, for transactions that lock writers out.
import type { Transaction } from 'kysely'
import { busy } from '../base/problem.ts'
import type { Database } from '../schema/index.ts'
import { lockWritersOut } from './month-queries.ts'

export interface WriteLockDeps {
  readonly pause: (ms: number) => Promise<void>
  readonly limits: {
    /** Milliseconds that writers may queue behind one attempt to lock them out, and the number of attempts. */
    readonly lockWaitMs: number
    readonly lockPauseMs: number
    readonly lockAttempts: number
  }
}

/**
 * Locks writers out until the end of the transaction. Writers queue behind one attempt for a moment at most: when one of them is stuck,
 * the others pass, and another attempt follows. @throws {Problem} 503 when no attempt succeeded.
 */
export async function takeWriteLock({ pause, limits }: WriteLockDeps, tx: Transaction<Database>): Promise<void> {
  for (let attempt = 1; attempt <= limits.lockAttempts; attempt++) {
    if (await lockWritersOut(tx, limits.lockWaitMs)) return
    await pause(limits.lockPauseMs)
  }
  throw busy('The write lock could not be taken in time.')
}
