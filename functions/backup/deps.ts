// The dependencies of all rules of backups.
import type { ArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import type { OnCopy } from '@penstock/shared/database/restored-copy.ts'
import type { JobRunDeps } from '@penstock/shared/jobs/job-run.ts'
import type { SqlAdmin } from './cloud/sql-admin.ts'
import type { configOf } from './config.ts'

type Config = ReturnType<typeof configOf>

export interface BackupDeps extends JobRunDeps {
  /** Undefined when the database is not an instance of Cloud SQL. */
  readonly admin: SqlAdmin | undefined
  readonly store: Pick<ArchiveStore, 'stat' | 'readRange' | 'uriOf'>
  /** Connects to a restored copy of the database. */
  readonly onCopy: OnCopy
  readonly place: Config['place']
  readonly limits: Config['limits']
}

/** The dependencies of a run, which needs instances. */
export type RunDeps = BackupDeps & { readonly admin: SqlAdmin }

/** True while a job may begin something new, and its lease is renewed at each question. @throws {Problem} when the lease was lost. */
export type MayGoOn = () => Promise<boolean>
