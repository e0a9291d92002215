import type { JSONColumnType } from 'kysely'

/** The last report of an instance about itself. Its counters are cumulative since `started_at`. */
export interface InstanceReportTable {
  readonly function: string
  readonly instance: string
  readonly revision: string
  readonly started_at: string
  reported_at: string
  report: JSONColumnType<Record<string, unknown>>
}
