import type { ColumnType, Generated } from 'kysely'

export type ArchiveDataset = 'metrics' | 'feedback' | 'backfill_jobs' | 'audit'
export type ArchiveState = 'written' | 'verified' | 'replaced' | 'expired'

/** One object of the archive, with the checksums that prove its content. */
export interface ArchiveTable {
  readonly id: Generated<string>
  readonly dataset: ArchiveDataset
  readonly tenant_id: number
  /** First day of the month; null for objects that do not belong to a month. */
  readonly month: ColumnType<string | null, string | null, never>
  /** Name of the object in the archive's bucket. */
  readonly name: string
  readonly generation: string
  readonly rows: string
  readonly min_ts: string
  readonly max_ts: string
  readonly size_bytes: string
  /** CRC-32C of the object's bytes in base64. */
  readonly crc32c: string
  /** SHA-256 of the rows, independent of their encoding. */
  readonly content_sha256: Buffer
  state: Generated<ArchiveState>
  readonly written_at: Generated<string>
  verified_at: string | null
  /** True when storage may hold the object temporarily. */
  held: Generated<boolean>
  /** True when storage has not confirmed that hold yet. */
  hold_pending: Generated<boolean>
  /** The time at which the object was removed from storage; null while it exists. */
  removed_at: string | null
}

/** A legal hold on a tenant's data in [from_ts, to_ts): it is neither dropped nor expired until the hold is released. */
export interface ArchiveHoldTable {
  readonly id: Generated<string>
  readonly tenant_id: number
  readonly dataset: ArchiveDataset
  readonly from_ts: string
  readonly to_ts: string
  readonly reason: string
  readonly placed_by: string
  readonly placed_at: Generated<string>
  released_by: string | null
  released_at: string | null
}
