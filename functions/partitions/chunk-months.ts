// Makes and drops the partitions of chunks and of their roll-ups.

import { logger } from '@penstock/shared/base/logger.ts'
import { Problem } from '@penstock/shared/base/problem.ts'
import type { Clock } from '@penstock/shared/base/time.ts'
import { dropEmptyMonths } from '@penstock/shared/compaction/leaving.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { isDatabaseTrouble, isTransient } from '@penstock/shared/database/database-errors.ts'
import type { AsOwner } from '@penstock/shared/database/owner-connection.ts'
import { makeChunkMonth, makeHourYear } from '@penstock/shared/points/chunk-months.ts'
import { selectCrowdedMonths } from './chunk-queries.ts'
import type { MonthError } from './contract.ts'
import { requiredMonths } from './survey.ts'

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
  readonly limits: {
    /** Milliseconds after which nothing new is started. */
    readonly runMs: number
  }
}

export interface MadeMonths {
  readonly made: readonly string[]
  readonly errors: readonly MonthError[]
  /** True when the time limit left months for the next run. */
  readonly more: boolean
}

/**
 * Makes the partitions that compaction needs, and drops empty ones: needed are the current month and the three after it, older months
 * with many points in the log, and the roll-ups up to next year. A partition decides where a month's points are stored, but never changes
 * an answer. A failing month does not stop the others. Safe to repeat and to interrupt.
 */
export async function makeChunkMonths(deps: ChunkMonthsDeps, renew: () => Promise<void>): Promise<MadeMonths> {
  const { db, now, asOwner, limits } = deps
  const started = now()
  const required = requiredMonths(started * 1000)
  const crowded = await db.readAll((tx) => selectCrowdedMonths(tx, CROWDED_POINTS))
  const years = new Set(required.map((month) => Number(month.slice(0, 4))).flatMap((year) => [year, year + 1]))
  for (const year of years) await db.writeAll((tx) => makeHourYear(tx, year))
  const made: string[] = []
  const errors: MonthError[] = []
  for (const month of new Set([...required, ...crowded])) {
    if (now() - started >= limits.runMs) return { made, errors, more: true }
    await renew()
    try {
      if (await db.writeAll((tx) => makeChunkMonth(tx, month))) made.push(month)
    } catch (error) {
      errors.push(monthError(month, error))
    }
  }
  if (asOwner) {
    await renew()
    await dropEmptyMonths({ db }, asOwner, [...required, ...crowded])
  }
  if (made.length > 0) logger.info({ made }, 'partitions.made')
  return { made, errors, more: false }
}

/** Describes a failure of one month. @throws any other failure: the database is not available, or the run was lost. */
function monthError(month: string, error: unknown): MonthError {
  if (error instanceof Problem ? isTransient(error.cause) : isDatabaseTrouble(error)) throw error
  logger.error({ err: error, month }, 'partitions.failed')
  const detail = error instanceof Problem ? error.detail : 'The partition could not be made. The cause is in the log.'
  return { month, detail }
}
