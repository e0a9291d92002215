import type { Generated } from 'kysely'

/** A credential of a tenant, or, without a tenant, of the platform. The secret itself is not stored. */
export interface ApiKeyTable {
  readonly id: string
  readonly tenant_id: number | null
  readonly secret_sha256: Buffer
  readonly scopes: string[]
  readonly created_at: Generated<string>
  expires_at: string | null
  revoked_at: Generated<string | null>
  last_used_at: Generated<string | null>
  readonly checksum_key: string | null
}
