// The partitions of chunks and of their roll-ups.

import { logger } from '@penstock/shared/base/logger.ts'
import type { Clock } from '@penstock/shared/base/time.ts'
import { dropEmptyMonths } from '@penstock/shared/compaction/leaving.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { isDatabaseTrouble } from '@penstock/shared/database/database-errors.ts'
import type { AsOwner } from '@penstock/shared/database/owner-connection.ts'
import { makeChunkMonth, makeHourYear } from '@penstock/shared/points/chunk-months.ts'
import { isLogStore } from '@penstock/shared/points/store-switch.ts'
import { selectCrowdedMonths } from './chunk-queries.ts'
import { requiredMonths } from './months.ts'

/**
 * An older month gets a partition when the log holds more points of it than this, over all tenants; fewer stay in the log and are read
 * from there.
 */
const CROWDED_POINTS = 20_000

export interface ChunkMonthsDeps {
  readonly db: PenstockDatabase
  readonly now: Clock
  /** Runs statements as the tables' owner outside a transaction; when absent, no partition is dropped. */
  readonly asOwner?: AsOwner
}

/**
 * Makes the partitions that compaction needs, and drops empty ones: needed are the current month and the three after it, older months
 * with many points in the log, and the roll-ups up to next year. A partition decides where a month's points are stored, but never changes
 * an answer. Safe to repeat. @returns the months that were made.
 */
export async function makeChunkMonths(
  { db, now, asOwner }: ChunkMonthsDeps,
  renew: () => Promise<void>,
): Promise<readonly string[]> {
  if (!(await isLogStore(db))) return []
  const required = requiredMonths(now() * 1000)
  const crowded = await db.readAll((tx) => selectCrowdedMonths(tx, CROWDED_POINTS))
  const years = new Set(required.map((month) => Number(month.slice(0, 4))).flatMap((year) => [year, year + 1]))
  for (const year of years) await db.writeAll((tx) => makeHourYear(tx, year))
  const made: string[] = []
  for (const month of new Set([...required, ...crowded])) {
    await renew()
    try {
      if (await db.writeAll((tx) => makeChunkMonth(tx, month))) made.push(month)
    } catch (error) {
      if (isDatabaseTrouble(error)) throw error
      logger.error({ err: error, month }, 'partitions.failed')
    }
  }
  if (asOwner) {
    await renew()
    await dropEmptyMonths({ db }, asOwner, [...required, ...crowded])
  }
  if (made.length > 0) logger.info({ made }, 'partitions.chunks')
  return made
}
