// The privileges of a slice on tables, as data. A slice declares them in its data.ts, and the roles of deployments are made from them.

/** The privileges of a role on a table: on all columns, or on the named ones. */
export interface TableGrant {
  readonly select?: boolean
  readonly insert?: boolean | readonly string[]
  readonly delete?: boolean
  readonly update?: boolean | readonly string[]
}

export type TableGrants = Readonly<Record<string, TableGrant>>

/** The tables of a slice. */
export interface SliceData {
  /** The privileges of the slice on each table. */
  readonly grants: TableGrants
  /** Additional privileges of single entries of the slice. */
  readonly entries?: Readonly<Record<string, TableGrants>>
}

/** Requests that are safe to repeat: see shared/jobs/idempotency.ts. */
export const idempotency = { idempotency_key: { select: true, insert: true, update: true } } as const

/** Rows that count against a tenant's quota, which triggers of the tables keep. */
export const quota = {
  tenant_quota: { select: true },
  tenant_usage: { select: true, insert: true, update: ['row_count', 'byte_count'] },
} as const
