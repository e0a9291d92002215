// Makes months for history like the partitions function, under its role.
import { promisify } from 'node:util'
import { fillAhead, type GoLiveDeps, goLive } from '@penstock/shared/months/go-live.ts'
import type { AdminDatabase } from '../../database/admin-database.ts'

/** The limits of `partitions`, except that an import can wait longer for the write lock. */
const LIMITS = { batchPoints: 20_000, lastPoints: 2_000, lockWaitMs: 200, lockPauseMs: 100, lockAttempts: 100 }

/**
 * Returns a function that makes months live which were never made, with the points that wait for them. Each month is checked once; a
 * sealed or archived one is not changed. `db` must have the role of the partitions function. Safe to repeat.
 */
export function createMonthMaker(
  db: Pick<AdminDatabase, 'readAll' | 'writeAll'>,
  say: (line: string) => void,
): (months: readonly string[]) => Promise<void> {
  const deps: GoLiveDeps = { db, pause: promisify(setTimeout), limits: LIMITS }
  const seen = new Set<string>()
  return async (months) => {
    for (const month of months) {
      if (seen.has(month)) continue
      while ((await fillAhead(deps, month)) === LIMITS.batchPoints);
      const { made } = await goLive(deps, month)
      if (made) say(`made the month ${month.slice(0, 7)}`)
      seen.add(month)
    }
  }
}
