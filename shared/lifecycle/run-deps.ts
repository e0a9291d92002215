// What a run over a tenant's month needs.
import type { ArchiveStore } from '../archive/archive-store.ts'
import type { Clock } from '../base/time.ts'
import type { PenstockDatabase } from '../database/database.ts'

export interface RunDeps {
  readonly db: Pick<PenstockDatabase, 'inTransaction'>
  readonly store: ArchiveStore
  readonly now: Clock
  /** Called between steps: whoever runs says there that it is alive. @throws {Problem} 503 when the run was lost. */
  readonly renew: () => Promise<void>
  readonly limits: RunLimits
}

export interface RunLimits {
  /** Points of chunks that are in memory at a time. */
  readonly piecePoints: number
  /** Points of the log that one run takes, about: they are in memory together. */
  readonly loggedPoints: number
  /** How long one read of the database may take. */
  readonly snapshotMs: number
  /** Bytes of an object that are fetched at a time. */
  readonly blockBytes: number
}
