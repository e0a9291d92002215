// The identity of a caller. Authentication (auth.ts) makes these objects; handlers only read them.
import type { PlatformScope, TenantScope } from '../base/wire.ts'

/** The owner of rows, with everything that its requests need to know about it. At most 30 s old. */
export interface Tenant {
  readonly id: number
  readonly name: string
  readonly seriesLimit: number
  /** Label keys that are neither part of a series' identity nor stored. */
  readonly ignoredLabels: readonly string[]
}

/** A caller that acts for one tenant. */
export interface TenantPrincipal {
  readonly kind: 'tenant'
  /** For logs: `key:<id>`, `user:<subject>`, or `open`. */
  readonly name: string
  readonly tenant: Tenant
  readonly scopes: readonly TenantScope[]
  /** The subject of a user's token (JWT). A user acts only for itself. */
  readonly user?: string
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
