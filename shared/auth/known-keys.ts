// The look-up of an API key, with its tenant, its plan and its user.
import { sql } from 'kysely'
import { tenantScopes } from '../base/scopes.ts'
import { type Clock, fromPostgres } from '../base/time.ts'
import { type PlatformScope, platformScopes, type Role } from '../base/wire.ts'
import type { PenstockDatabase } from '../database/database.ts'
import type { ParsedApiKey } from './api-key.ts'
import type { PlatformPrincipal, TenantPrincipal } from './principal.ts'
import { scopesOfRole } from './roles.ts'
import { type PlanColumns, planOf } from './tenants.ts'

/** The result of a key's look-up. Its expiry is compared with the clock on each use. */
export interface KnownKey {
  readonly principal: TenantPrincipal | PlatformPrincipal
  /** Microseconds since 1970. */
  readonly expiresAt: number
  /** The reason why the key is refused; undefined when it is not. */
  readonly refused: string | undefined
}

interface KeyRow extends PlanColumns {
  readonly tenant_id: number | null
  readonly tenant_name: string
  readonly tenant_status: string
  readonly series_limit: number
  readonly ignored_labels: readonly string[]
  readonly scopes: readonly string[]
  readonly expires_at: string | null
  readonly revoked_at: string | null
  readonly user_id?: string | null
  readonly user_subject?: string | null
  readonly user_role?: Role | null
  readonly user_status?: string | null
}

const LOOK_UP_MS = 10_000

/** Looks a key up; returns undefined when the database does not have it with this secret. @throws {Problem} 503. */
export async function lookUpKey(
  deps: { readonly db: PenstockDatabase; readonly clock: Clock },
  key: ParsedApiKey,
): Promise<KnownKey | undefined> {
  const row = await deps.db.writeAll(
    async (tx) => {
      const { rows } = await sql<KeyRow>`
        select tenant_id, tenant_name, tenant_status, series_limit, ignored_labels, plan, requests_per_hour, points_per_minute,
          scopes, expires_at, revoked_at, user_id, user_subject, user_role, user_status
        from identify_api_key(${key.id}::text, ${key.secretSha256}::bytea)`.execute(tx)
      return rows[0]
    },
    // The look-up has a deadline of its own, because other requests may be waiting for the same answer.
    { deadline: deps.clock() + LOOK_UP_MS },
  )
  return row && toKnownKey(key.id, row)
}

function toKnownKey(id: string, row: KeyRow): KnownKey {
  return {
    principal: toPrincipal(id, row),
    expiresAt:
      row.expires_at === null || row.expires_at === 'infinity'
        ? Number.POSITIVE_INFINITY
        : fromPostgres(row.expires_at),
    refused: refusalOf(id, row),
  }
}

function refusalOf(id: string, row: KeyRow): string | undefined {
  if (row.revoked_at !== null) return `the key ${id} is revoked`
  if (row.tenant_id !== null && row.tenant_status !== 'active')
    return `the tenant ${row.tenant_name} of the key ${id} is suspended`
  if (row.user_status === 'suspended') return `the user of the key ${id} is suspended`
  return undefined
}

function toPrincipal(id: string, row: KeyRow): TenantPrincipal | PlatformPrincipal {
  const name = `key:${id}`
  if (row.tenant_id === null) {
    return {
      kind: 'platform',
      name,
      scopes: platformScopes.filter((scope: PlatformScope) => row.scopes.includes(scope)),
    }
  }
  const tenant = {
    id: row.tenant_id,
    name: row.tenant_name,
    seriesLimit: row.series_limit,
    ignoredLabels: row.ignored_labels,
    ...planOf(row),
  }
  return { kind: 'tenant', name, tenant, scopes: scopesOf(row), ...userOf(row) }
}

/** A key of a user never has a scope that the user's role lacks now. */
function scopesOf({ scopes, user_role: role }: KeyRow): TenantPrincipal['scopes'] {
  return (role ? scopesOfRole(role) : tenantScopes).filter((scope) => scopes.includes(scope))
}

function userOf(row: KeyRow): Pick<TenantPrincipal, 'user' | 'userId' | 'role'> {
  const { user_id: userId, user_subject: user, user_role: role } = row
  return userId && user && role ? { user, userId, role } : {}
}
