// Identifies the caller: an API key, a platform key, a user, or a Google service account.
import type { IncomingHttpHeaders } from 'node:http'
import { sql } from 'kysely'
import { busy, forbidden, Problem, unauthenticated } from '../base/problem.ts'
import { tenantScopes, userScopes } from '../base/scopes.ts'
import { type Clock, fromPostgres } from '../base/time.ts'
import { type PlatformScope, platformScopes, type Route, type Scope, type TenantScope } from '../base/wire.ts'
import type { ChecksumKeys, EdgeConfig } from '../config/config.ts'
import type { PenstockDatabase } from '../database/database.ts'
import { type ParsedApiKey, parseApiKey } from './api-key.ts'
import { readCredential } from './credential.ts'
import { type KeyMemory, openKeyMemory } from './key-memory.ts'
import { idTokenVerifier, type VerifyIdToken } from './oidc.ts'
import type { PlatformPrincipal, Principal, TenantPrincipal } from './principal.ts'
import { type FindTenant, tenantFinder } from './tenants.ts'
import { userVerifier, type VerifyUserToken } from './user-token.ts'

export interface AuthDeps {
  readonly db: PenstockDatabase
  readonly clock: Clock
  readonly config: Pick<EdgeConfig, 'open' | 'oidc' | 'users' | 'checksumKeys'>
}

/** Authenticates a request. `address` is the caller's, as our own proxies saw it: look-ups of possibly made-up keys are counted by it. */
export type Authenticate = (headers: IncomingHttpHeaders, scope: Scope, address?: string) => Promise<Principal>

/** The cached result of a key's look-up, at most 30 s old. Its expiry is compared with the clock on each use. */
interface KnownKey {
  readonly principal: TenantPrincipal | PlatformPrincipal
  /** Microseconds since 1970. */
  readonly expiresAt: number
  readonly refused: string | undefined
}

interface Keys {
  readonly checksumKeys: ChecksumKeys
  readonly memory: KeyMemory<KnownKey>
}

interface KeyRow {
  readonly tenant_id: number | null
  readonly tenant_name: string
  readonly tenant_status: string
  readonly series_limit: number
  readonly ignored_labels: readonly string[]
  readonly scopes: readonly string[]
  readonly expires_at: string | null
  readonly revoked_at: string | null
}

const LOOK_UP_MS = 10_000

/**
 * Makes the function that authenticates a request from its headers. Safe to repeat.
 * Keys, known and unknown, are cached for 30 s, so a revocation takes effect within 30 s. The scope matters only to callers without a
 * credential.
 * @throws {Problem} 401 with the same text for every invalid credential (the log has the reason); 429 when an address shows too many
 * unknown keys; 503 when a credential cannot be checked.
 */
export function authenticator(deps: AuthDeps): Authenticate {
  const keys: Keys = {
    checksumKeys: deps.config.checksumKeys ?? [],
    memory: openKeyMemory<KnownKey>({ clock: deps.clock }),
  }
  const verifyIdToken = idTokenVerifier({ clock: deps.clock, oidc: deps.config.oidc })
  const users = userVerifier({ clock: deps.clock, users: deps.config.users })
  const findTenant = tenantFinder(deps)
  return async (headers, scope, address = '') => {
    const credential = readCredential(headers)
    if (!credential) return deps.config.open ? await openCaller(findTenant, scope) : refuse('no credential')
    if (credential.bearer && isToken(credential.text)) {
      const { text: token } = credential
      if (users?.issued(token)) return await userCaller(users.verify, findTenant, token)
      return await serviceCaller(verifyIdToken, token)
    }
    return await keyCaller(deps, keys, credential.text, address)
  }
}

/**
 * Checks that a caller may use a route.
 * @throws {Problem} 403 when its key lacks the scope, or the route is not for service accounts.
 */
export function checkScope(caller: Principal, route: Pick<Route, 'scope' | 'service' | 'operators'>): void {
  const wanted = route.operators && caller.kind === 'platform' ? 'operate' : route.scope
  const allowed =
    caller.kind === 'service' ? route.service === true : (caller.scopes as readonly string[]).includes(wanted)
  if (!allowed) throw new Problem(forbidden, `This call needs a credential with the scope ${wanted}.`)
}

const isToken = (text: string): boolean => text.split('.', 4).length === 3

async function openCaller(findTenant: FindTenant, scope: Scope): Promise<TenantPrincipal> {
  if ((platformScopes as readonly string[]).includes(scope)) return refuse('no credential')
  const tenant = await findTenant('default')
  if (!tenant) throw busy('The tenant `default` does not exist yet.')
  if (tenant.suspended) return refuse('the tenant default is suspended')
  return { kind: 'tenant', name: 'open', tenant, scopes: tenantScopes }
}

async function serviceCaller(verifyIdToken: VerifyIdToken, token: string): Promise<Principal> {
  const verified = await verifyIdToken(token)
  if ('refused' in verified) return refuse(verified.refused)
  return { kind: 'service', name: `service:${verified.email}`, email: verified.email }
}

async function userCaller(verify: VerifyUserToken, findTenant: FindTenant, token: string): Promise<TenantPrincipal> {
  const verified = await verify(token)
  if ('refused' in verified) return refuse(verified.refused)
  const tenant = await findTenant(verified.tenant)
  if (!tenant) return refuse(`the user's tenant ${verified.tenant} is not known`)
  if (tenant.suspended) return refuse(`the user's tenant ${tenant.name} is suspended`)
  return { kind: 'tenant', name: `user:${verified.subject}`, tenant, scopes: userScopes, user: verified.subject }
}

async function keyCaller(deps: AuthDeps, keys: Keys, text: string, address: string): Promise<Principal> {
  const key = parseApiKey(text, keys.checksumKeys)
  if (!key) return refuse('this is not an API key, or it was not issued here')
  const known = await keys.memory.find(key, address, () => lookUpKey(deps, key))
  if (!known) return refuse(`the key ${key.id} is not known, or its secret is wrong`)
  if (known.refused !== undefined) return refuse(known.refused)
  // The comparison is negated so that an instant that is not a number (from -infinity, for example) counts as expired.
  if (!(deps.clock() * 1000 < known.expiresAt)) return refuse(`the key ${key.id} has expired`)
  return known.principal
}

async function lookUpKey(deps: AuthDeps, key: ParsedApiKey): Promise<KnownKey | undefined> {
  const row = await deps.db.writeAll(
    async (tx) => {
      const { rows } = await sql<KeyRow>`
        select tenant_id, tenant_name, tenant_status, series_limit, ignored_labels, scopes, expires_at, revoked_at
        from authenticate_api_key(${key.id}::text, ${key.secretSha256}::bytea)`.execute(tx)
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
  }
  return {
    kind: 'tenant',
    name,
    tenant,
    scopes: tenantScopes.filter((scope: TenantScope) => row.scopes.includes(scope)),
  }
}

function refuse(reason: string): never {
  const detail = reason === 'no credential' ? 'This call needs a credential.' : 'The credential is not valid.'
  throw new Problem(unauthenticated, detail, {
    headers: { 'www-authenticate': 'Bearer realm="penstock"' },
    cause: reason,
  })
}
