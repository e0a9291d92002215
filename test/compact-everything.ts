// The compaction, as far as it goes.
import type { PenstockDatabase } from '@penstock/shared/database.ts'
import { compactDay } from '../functions/compaction/compact-day.ts'
import { planDays } from '../functions/compaction/plan.ts'
import { selectWaiting } from '../functions/compaction/queries.ts'

const LIMITS = { minPoints: 0, manyPoints: 0, mergeUs: 0 }

/** Compacts everything below the gate, as often as it takes. As the compaction function. */
export async function compactEverything(db: PenstockDatabase): Promise<void> {
  for (let taken = 1; taken > 0; ) {
    taken = 0
    const waiting = await db.inTransaction(async (tx) => await selectWaiting(tx, 0))
    for (const plan of planDays(waiting, LIMITS, { now: 0, all: true }))
      taken += (await compactDay({ db, now: Date.now }, plan)).taken
  }
}
