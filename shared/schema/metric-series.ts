import type { Generated, JSONColumnType } from 'kysely'

/** The series of a tenant's points. Rows are only added, never changed in identity. */
export interface MetricSeriesTable {
  readonly id: Generated<number>
  readonly tenant_id: number
  readonly service_name: string
  readonly metric_type: string
  readonly unit: string
  /** An object; `{}` for a series without labels. */
  readonly labels: JSONColumnType<Record<string, unknown>>
  /** SHA-256 of the canonical identity (see shared/points/series.ts). */
  readonly identity_sha256: Buffer
  /** True when the series has points in the log or in chunks, or was made within the last day. */
  active: Generated<boolean>
  readonly block: Generated<number>
  readonly created_at: Generated<string>
}
