import type { Generated } from 'kysely'

/** A user of a tenant. Its role decides its scopes, and bounds those of its keys. */
export interface AppUserTable {
  readonly tenant_id: number
  readonly id: Generated<string>
  /** The `sub` of the user's tokens. */
  readonly subject: string
  email: string
  display_name: string | null
  role: 'viewer' | 'operator' | 'owner' | 'manager' | 'admin'
  status: Generated<'active' | 'invited' | 'suspended'>
  subscription_tier: Generated<'free' | 'pro' | 'power' | 'white_label'>
  readonly created_at: Generated<string>
  updated_at: Generated<string>
  readonly last_login_at: Generated<string | null>
}
