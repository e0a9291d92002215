// The identity of a caller. Authentication (auth.ts) makes these objects; handlers only read them.
import type { PlatformScope, Role, TenantScope } from '../base/wire.ts'

/** The limits of a tenant's plan. */
export interface Plan {
  readonly name: string
  /** Null: no limit. */
  readonly requestsPerHour: number | null
  readonly pointsPerMinute: number | null
}

/** The owner of rows, with everything that its requests need to know about it. At most 30 s old. */
export interface Tenant {
  readonly id: number
  readonly name: string
  readonly seriesLimit: number
  /** Label keys that are neither part of a series' identity nor stored. */
  readonly ignoredLabels: readonly string[]
  /** Absent: the plan `unlimited`. */
  readonly plan?: Plan
}

/** A caller that acts for one tenant. */
export interface TenantPrincipal {
  readonly kind: 'tenant'
  /** For logs: `key:<id>`, `user:<subject>`, or `open`. */
  readonly name: string
  readonly tenant: Tenant
  readonly scopes: readonly TenantScope[]
  /** The subject of the user that the token (JWT) or the key belongs to. A user acts only for itself. */
  readonly user?: string
  /** The id of its row; absent for a user that nobody registered. */
  readonly userId?: string
  /** The role of the user. `scopes` holds no scope that the role lacks. */
  readonly role?: Role
}

/** A platform key: acts on all tenants, or on one by `?tenant=`. */
export interface PlatformPrincipal {
  readonly kind: 'platform'
  readonly name: string
  readonly scopes: readonly PlatformScope[]
}

/** A Google service account whose ID token names this function as its audience. */
export interface ServicePrincipal {
  readonly kind: 'service'
  /** `service:<email>`, for logs. */
  readonly name: string
  readonly email: string
}

export type Principal = TenantPrincipal | PlatformPrincipal | ServicePrincipal
