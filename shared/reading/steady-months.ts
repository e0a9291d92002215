// Repeats reads during which a month leaves the database, or comes back.

import type { Transaction } from 'kysely'
import { logger } from '../base/logger.ts'
import { busy } from '../base/problem.ts'
import type { Micros } from '../base/time.ts'
import type { PenstockDatabase } from '../database/database.ts'
import type { Database } from '../schema/index.ts'
import { type Archive, type ArchiveLimits, ArchiveMoved, type ArchiveRead } from './archive-reading.ts'
import { type AwayMonth, type MonthsOfRange, selectMonths } from './month-queries.ts'

const MAX_READS = 5

/** The range that a tenant asks for, both ends inclusive. */
export interface TenantRange {
  readonly tenantId: number
  readonly from: Micros
  readonly to: Micros
}

/**
 * Reads the points between two instants, and reads again when a month between them has left the database in the meantime, or has come
 * back. A partition that is detached during a read looks empty at any isolation level; but its month's state changes before that moment,
 * and is read afterwards.
 * @throws {Problem} 503 when months change their state during each of several reads.
 */
export async function readSteadily<T>(
  tx: Transaction<Database>,
  range: TenantRange,
  read: (away: readonly AwayMonth[]) => Promise<T>,
): Promise<T> {
  let before = await selectMonths(tx, range)
  for (let reads = 0; reads < MAX_READS; reads++) {
    const result = await read(before.away)
    const afterwards = await selectMonths(tx, range)
    if (isSame(before, afterwards)) return result
    before = afterwards
  }
  throw moving()
}

export interface AcrossDeps {
  readonly db: PenstockDatabase
  readonly archive: Archive
  readonly limits: ArchiveLimits
}

/**
 * Like `readSteadily`, for reads of the archive: no transaction is open while storage answers. A missing object means that its month
 * moved.
 * @throws {Problem} 503 when months move during each of several reads, and when an object is missing that should exist.
 */
export async function readAcross<T>(
  { db, archive, limits }: AcrossDeps,
  range: TenantRange,
  read: (archive: ArchiveRead, away: readonly AwayMonth[]) => Promise<T>,
): Promise<T> {
  const look = async () => await db.read(range.tenantId, (tx) => selectMonths(tx, range))
  let before = await look()
  for (let reads = 0; reads < MAX_READS; reads++) {
    const opened = archive.open(limits)
    const result = await read(opened, before.away)
      .catch(movedOrThrow)
      .finally(() => opened.close())
    const afterwards = await look()
    if (isSame(before, afterwards)) {
      if (!(result instanceof ArchiveMoved)) return result
      logger.fatal({ err: result }, 'archive.missing')
      throw busy('The archive is temporarily unavailable.', result, MISSING_RETRY_S)
    }
    before = afterwards
  }
  throw moving()
}

const MISSING_RETRY_S = 60

function movedOrThrow(error: unknown): ArchiveMoved {
  if (error instanceof ArchiveMoved) return error
  throw error
}

const moving = () => busy('Months are being moved to or from the archive.')

const isSame = (a: MonthsOfRange, b: MonthsOfRange): boolean => JSON.stringify(a) === JSON.stringify(b)
