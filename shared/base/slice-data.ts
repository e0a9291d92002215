// The tables of a slice, as data: which it owns and which it uses. The roles of deployments, erasing, exporting, ageing and the tests of
// isolation are made from these declarations.

/** The privileges of a role on a table: on all columns, or on the named ones. */
export interface TableGrant {
  readonly select?: boolean | readonly string[]
  readonly insert?: boolean | readonly string[]
  readonly delete?: boolean
  readonly update?: boolean | readonly string[]
}

export type TableGrants = Readonly<Record<string, TableGrant>>

/** The age at which rows leave the database. Retention has a policy for each table that ages. */
export interface Ageing {
  /** The timestamp that decides a row's age. A row with null does not age. */
  readonly by: string
  /** Default of the setting. With 0 there is no setting: the column says when the row is due. */
  readonly days: number
  /** Name of the policy; default: the table's. Tables that share a policy have the same days and the same setting. */
  readonly policy?: string
  /** Name of the setting; default: `<TABLE>_DAYS`. */
  readonly setting?: string
  /** The indexed column that finds the oldest rows first; default: `by`. */
  readonly order?: string
  /** Dataset of the archive to which the rows are written before they are deleted. */
  readonly archived?: string
}

/** A table, as its owner declares it. */
export interface OwnedTable {
  /** Column of the tenant, to which row security compares; null for a table without rows of tenants. Default: `tenant_id`. */
  readonly tenant?: 'id' | null
  /** Column with the id of the user that a row is about: erasing a user deletes these rows. */
  readonly person?: string
  readonly ages?: Ageing
  /** Its content is exported as points, not as rows. */
  readonly points?: true
  /** Triggers write it when rows of other tables change, so it is erased after them. */
  readonly triggered?: true
  /** Columns that could prove a credential, which no export contains. */
  readonly secret?: readonly string[]
}

export type OwnedTables = Readonly<Record<string, OwnedTable>>

/** The tables of a slice. */
export interface SliceData {
  /** The tables that only this slice and maintenance write, with the slice's privileges on them. */
  readonly owns?: Readonly<Record<string, OwnedTable & { readonly grants: TableGrant }>>
  /** The slice's privileges on tables that others own. */
  readonly uses: TableGrants
  /** Additional privileges of single entries of the slice. */
  readonly entries?: Readonly<Record<string, TableGrants>>
  /** It deletes rows of every table that ages. */
  readonly deletesAged?: true
  /** It reads every table without secrets, to compare it with its restored copy. Only a slice that sees every tenant may. */
  readonly readsEvery?: true
}

/** Requests that are safe to repeat: see shared/jobs/idempotency.ts. */
export const idempotency = { idempotency_key: { select: true, insert: true, update: true } } as const

/** Rows that count against a tenant's quota, which triggers of the tables keep. */
export const quota = {
  tenant_quota: { select: true },
  tenant_usage: { select: true, insert: true, update: ['row_count', 'byte_count'] },
} as const
