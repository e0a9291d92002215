import type { Generated, JSONColumnType } from 'kysely'

/** A run of a scheduled job, open until it has an outcome or its lease has expired. */
export interface JobRunTable {
  readonly id: Generated<string>
  readonly job: string
  readonly schedule_time: string | null
  readonly started_at: Generated<string>
  lease_until: string
  finished_at: string | null
  outcome: 'success' | 'partial' | 'failed' | null
  result: JSONColumnType<Record<string, unknown>> | null
}
