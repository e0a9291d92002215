import type { Generated } from 'kysely'

/** A credential of a tenant, or, without a tenant, of the platform. The secret itself is not stored. */
export interface ApiKeyTable {
  readonly id: string
  /** The id that the API shows. */
  readonly public_id: Generated<string>
  readonly tenant_id: number | null
  /** The user that the key acts as; null: the tenant, or the platform. */
  readonly user_id: string | null
  readonly name: string | null
  readonly secret_sha256: Buffer
  /** SHA-256 of the whole key; null for keys that are older than this column. */
  readonly whole_sha256: Buffer | null
  readonly scopes: string[]
  readonly created_at: Generated<string>
  expires_at: string | null
  revoked_at: Generated<string | null>
  /** The time at which another key was made in its place. */
  rotated_at: Generated<string | null>
  last_used_at: Generated<string | null>
  readonly checksum_key: string | null
}
