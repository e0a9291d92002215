// The dependencies of a run over a tenant's month.
import type { ArchiveStore } from '../archive/archive-store.ts'
import type { Clock } from '../base/time.ts'
import type { PenstockDatabase } from '../database/database.ts'

export interface RunDeps {
  readonly db: Pick<PenstockDatabase, 'readAll' | 'writeAll'>
  readonly store: ArchiveStore
  readonly now: Clock
  /** Renews the lease of the job; called between steps. @throws {Problem} 503 when the lease was lost. */
  readonly renew: () => Promise<void>
  readonly limits: RunLimits
}

export interface RunLimits {
  /** Points of chunks that are in memory at a time. */
  readonly piecePoints: number
  /** Approximate number of points that one run takes from the log; they are in memory together. */
  readonly loggedPoints: number
  /** Maximum milliseconds of one read of the database. */
  readonly snapshotMs: number
  /** Bytes of an object that are fetched at a time. */
  readonly blockBytes: number
}
