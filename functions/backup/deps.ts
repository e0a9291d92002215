// The dependencies of all rules of backups.
import type { ArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import type { OnCopy } from '@penstock/shared/database/restored-copy.ts'
import type { JobRunDeps } from '@penstock/shared/jobs/job-run.ts'
import type { SqlAdmin } from './cloud/sql-admin.ts'

export interface BackupDeps extends JobRunDeps {
  /** Undefined when the database is not an instance of Cloud SQL. */
  readonly admin: SqlAdmin | undefined
  readonly store: Pick<ArchiveStore, 'stat' | 'readRange' | 'uriOf'>
  /** Connects to a restored copy of the database. */
  readonly onCopy: OnCopy
  /** Returns a number from 0 up to 1. */
  readonly random: () => number
  readonly place: Place
  readonly limits: JobRunDeps['limits'] & Limits
}

/** The instance that is backed up, and where to. */
export interface Place {
  readonly project: string
  readonly instance: string
  /** The bucket of exports, and the days after which it deletes them. */
  readonly bucket: string
  readonly exportDays: number
  /** The names of test instances begin with it. */
  readonly testPrefix: string
}

/** Times in milliseconds. */
export interface Limits {
  /** A call that has worked for so long leaves the rest to the next one. */
  readonly runMs: number
  /** The pause between two questions about an operation. */
  readonly askMs: number
  /** A verification takes a backup when the newest one is older; undefined: only when there is none. */
  readonly takeAfterMs: number | undefined
  /** The greatest age of what was restored. */
  readonly freshMs: number
  /** A run that takes longer has failed. */
  readonly longestMs: number
  /** Calls that fail in a row before a step does. */
  readonly failures: number
  /** Rows of a table that are compared. */
  readonly comparedRows: number
  readonly statementMs: number
  readonly connectMs: number
}

/** The dependencies of a run, which needs instances. */
export type RunDeps = BackupDeps & { readonly admin: SqlAdmin }

/** True while a job may begin something new, and its lease is renewed at each question. @throws {Problem} when the lease was lost. */
export type MayGoOn = () => Promise<boolean>
