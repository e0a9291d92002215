import type { ColumnType, Generated } from 'kysely'

export type AuditOutcome = 'success' | 'partial' | 'failed' | 'denied'

/** An entry of the audit log. Triggers and defaults fill in who and when. */
export interface AuditEntryTable {
  readonly id: Generated<string>
  readonly tenant_id: number | null
  readonly at: Generated<string>
  readonly era: Generated<number>
  readonly xid: Generated<string>
  readonly actor: Generated<string>
  readonly actor_kind: Generated<string>
  readonly login: Generated<string>
  readonly action: string
  readonly object_type: string
  readonly object_id: string | null
  readonly outcome: Generated<AuditOutcome>
  readonly request_id: Generated<string | null>
  readonly address_prefix: Generated<string | null>
  readonly before: ColumnType<Record<string, unknown> | null, string | undefined, never>
  readonly after: ColumnType<Record<string, unknown> | null, string | undefined, never>
}

/** A seal over all entries of a range of transactions. Hashes are SHA-256. */
export interface AuditSealTable {
  readonly id: string
  readonly era: number
  readonly from_xid: string
  readonly to_xid: string
  readonly rows: number
  readonly first_at: string
  readonly last_at: string
  readonly parts: Buffer
  readonly root_sha256: Buffer
  readonly previous_sha256: Buffer | null
  readonly sealed_at: string
}

/** The entries of one tenant within a seal. */
export interface AuditSealPartTable {
  readonly seal_id: string
  readonly tenant_id: number | null
  readonly rows: number
  readonly root_sha256: Buffer
  readonly sealed_at: string
}

export interface AuditSealCopyTable {
  readonly seal_id: string
  readonly stored_at: Generated<string>
}

export interface AuditKeptTable {
  readonly one: Generated<boolean>
  from_at: string
}
