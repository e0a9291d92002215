// Reads of log, chunks and objects: the objects are those that the snapshot names, and when one of them is gone the read begins again.

import { logger } from '../base/logger.ts'
import { busy } from '../base/problem.ts'
import { retry } from '../base/retry.ts'
import type { PenstockDatabase } from '../database/database.ts'
import { type Archive, type ArchiveLimits, ArchiveMoved, type ArchiveRead } from './archive-reading.ts'
import type { MonthUnder } from './object-queries.ts'

export interface ObjectsDeps {
  readonly archive: Archive
  readonly limits: ArchiveLimits
}

export interface AcrossDeps extends ObjectsDeps {
  readonly db: PenstockDatabase
}

/** One attempt: it takes a snapshot, and then reads objects, of which `current` says which generation has to be asked for. */
export type ObjectsAttempt<T> = (
  archive: ArchiveRead,
  current: (objects: readonly MonthUnder[]) => readonly MonthUnder[],
) => Promise<T>

const MOST_ATTEMPTS = 5
const PAUSE_MS = 50
const MISSING_RETRY_S = 60

/**
 * Makes attempts until one finds every object that its snapshot names. An object that is gone was replaced by a run: either the next snapshot names
 * the new one, or it names the content that is on its way, and then the new one is that content.
 * @throws {Problem} 503 when objects are gone in each attempt, and as `attempt` does.
 */
export async function readAcrossObjects<T>({ archive, limits }: ObjectsDeps, attempt: ObjectsAttempt<T>): Promise<T> {
  const found = new Map<string, { readonly generation: string; readonly size: number; readonly crc32c: string }>()
  const current = (objects: readonly MonthUnder[]): readonly MonthUnder[] =>
    objects.map((object) => {
      const there = found.get(object.name)
      if (there?.size !== object.next?.bytes || there?.crc32c !== object.next?.crc32c) return object
      return { ...object, ...object.next, generation: there?.generation ?? object.generation }
    })
  const pauseAfter = (error: unknown, attempts: number): number | undefined => {
    if (!(error instanceof ArchiveMoved)) return undefined
    if (attempts < MOST_ATTEMPTS) return PAUSE_MS * (attempts - 1)
    logger.fatal({ err: error }, 'archive.missing')
    throw busy('The archive is temporarily unavailable.', error, MISSING_RETRY_S)
  }
  return await retry(pauseAfter, async () => {
    const opened = archive.open(limits)
    try {
      return await attempt(opened, current)
    } catch (error) {
      const there = error instanceof ArchiveMoved ? await archive.stat(error.object) : undefined
      if (there) found.set(there.name, there)
      throw error
    } finally {
      opened.close()
    }
  })
}
