// The dependencies of the move from rows to log and chunks.
import type { AdminDatabase } from '../../database/admin-database.ts'

export interface MoveDeps {
  /** A session whose role is the tables' owner: row security shows it one tenant's rows at a time. */
  readonly db: AdminDatabase
  readonly pause: (ms: number) => Promise<void>
  /** Shows one line of progress. */
  readonly say: (line: string) => void
  readonly now: () => number
  readonly limits: MoveLimits
}

interface MoveLimits {
  /** Points of one transaction. */
  readonly piecePoints: number
  /** Milliseconds that writers may queue behind one attempt to lock them out, and the number of attempts. */
  readonly lockWaitMs: number
  readonly lockPauseMs: number
  readonly lockAttempts: number
  /** Milliseconds for which older transactions are awaited before partitions are dropped, and between two looks at them. */
  readonly patienceMs: number
  readonly pollMs: number
  /** Milliseconds between two lines of progress. */
  readonly sayEveryMs: number
}

export const moveLimits: MoveLimits = {
  piecePoints: 200_000,
  lockWaitMs: 1_000,
  lockPauseMs: 500,
  lockAttempts: 120,
  patienceMs: 60_000,
  pollMs: 100,
  sayEveryMs: 5_000,
}
