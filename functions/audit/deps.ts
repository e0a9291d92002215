// What the rules of this slice need.
import type { ArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import type { JobRunDeps } from '@penstock/shared/jobs/job-run.ts'
import type { configOf } from './config.ts'

export type AuditDeps = JobRunDeps & {
  readonly cursorKey: Buffer
  readonly store: ArchiveStore
  readonly limits: ReturnType<typeof configOf>['limits']
}
