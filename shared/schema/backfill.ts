import type { Generated } from 'kysely'

export type JobStatus = 'running' | 'paused' | 'completed' | 'failed'

/** A backfill job. A trigger refuses illegal changes of state and counts versions. */
export interface BackfillJobTable {
  readonly tenant_id: number
  readonly id: string
  readonly job_type: string
  readonly start_block: string
  readonly end_block: string
  current_block: string
  status: Generated<JobStatus>
  progress_percentage: Generated<number>
  estimated_completion: string | null
  error_message: string | null
  readonly started_at: Generated<string>
  completed_at: string | null
  readonly created_by: string | null
  readonly version: Generated<number>
  /** Null until a worker claims a range. */
  next_block: string | null
  fencing_token: Generated<string>
  running_since: Generated<string>
  running_from: Generated<string>
}

/** A range of a job that was leased to a worker. */
export interface BackfillLeaseTable {
  readonly tenant_id: number
  readonly job_id: string
  readonly start_block: string
  end_block: string
  state: 'leased' | 'returned' | 'done' | 'failed'
  lease_id: string | null
  fencing_token: string
  worker: string
  lease_seconds: number
  expires_at: string
  failures: Generated<number>
  losses: Generated<number>
}
