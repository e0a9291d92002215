// What a slice may do with tables, as data: its file data.ts says it, and the roles of deployments are made from it.

/** What a role may do with a table: whole privileges, or on the named columns. */
export interface TableGrant {
  readonly select?: boolean
  readonly insert?: boolean | readonly string[]
  readonly delete?: boolean
  readonly update?: boolean | readonly string[]
}

export type TableGrants = Readonly<Record<string, TableGrant>>

/** The tables of a slice. */
export interface SliceData {
  /** What it may do with each table. */
  readonly grants: TableGrants
  /** What one of its entries may do in addition. */
  readonly entries?: Readonly<Record<string, TableGrants>>
}

/** Requests that are safe to repeat: see shared/jobs/idempotency.ts. */
export const idempotency = { idempotency_key: { select: true, insert: true, update: true } } as const

/** Rows that count against a tenant's quota, which triggers of the tables keep. */
export const quota = {
  tenant_quota: { select: true },
  tenant_usage: { select: true, insert: true, update: ['row_count', 'byte_count'] },
} as const
