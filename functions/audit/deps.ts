// The dependencies of the rules of this slice.
import type { ArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import type { JobRunDeps } from '@penstock/shared/jobs/job-run.ts'

export type AuditDeps = JobRunDeps & {
  readonly cursorKey: Buffer
  readonly store: ArchiveStore
  readonly limits: {
    /** Milliseconds after which a run, or a verification, starts nothing new. */
    readonly runMs: number
    /** Entries of one seal, unless a single transaction has more. */
    readonly sealEntries: number
    /** Entries that are in memory at a time. */
    readonly pageEntries: number
    /** Entries that a verification reads in one snapshot. */
    readonly groupEntries: number
    /** Seals that are read, or copied, at a time. */
    readonly seals: number
  }
}
