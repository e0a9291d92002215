// The tables of a slice, as data: which it owns and which it uses. The roles of deployments, erasing, exporting, ageing and the tests of
// isolation and the triggers of the audit log are made from these declarations.
import type { Unaudited } from './wire.ts'

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

/** The entries that changes of a table's rows leave in the audit log. */
export interface Audited {
  /** Type of the object, the first half of every action; default: the table's name. */
  readonly object?: string
  /** Columns that name the object, joined by `/`; default: the primary key without the tenant. */
  readonly id?: readonly string[]
  /** The changes that are recorded; default: all. */
  readonly on?: readonly ('insert' | 'update' | 'delete')[]
  /** An update is recorded when one of these columns changes; default: every column that is not in `unwatched`. */
  readonly watched?: readonly string[]
  /** Columns whose change alone is not recorded, in addition to `updated_at`, `updated_by` and `version`. */
  readonly unwatched?: readonly string[]
  /** Columns whose values are not recorded; an entry says only that there is one. Default: in a table with a `person`, every text but ids. */
  readonly withheld?: readonly string[]
  /** Verbs of updates that set a column which was null, by verb: `{ revoke: 'revoked_at' }`. The default verb is `update`. */
  readonly verbs?: Readonly<Record<string, string>>
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
  /**
   * The entries that its changes leave in the audit log, or why they leave none. Default: every change of a table with rows of tenants is
   * recorded, unless triggers write it.
   */
  readonly audit?: Audited | Unaudited
  /** The reason why its rows stay when their tenant or person is erased. */
  readonly outlives?: string
  /** Columns that could prove a credential, which no export and no entry of the audit log contains. */
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

/** Tables whose rows are recorded in another way. */
export const stateOfJobs: Unaudited = { unaudited: 'It is the state of jobs, whose runs are recorded.' }
export const storesPoints: Unaudited = {
  unaudited: 'Points are data; the archive and the dead letters account for them.',
}
