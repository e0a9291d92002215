// Identifies the caller: an API key, a platform key, a user, or a Google service account.
import type { IncomingHttpHeaders } from 'node:http'
import { LRUCache } from 'lru-cache'
import { busy, forbidden, Problem, unauthenticated } from '../base/problem.ts'
import { tenantScopes } from '../base/scopes.ts'
import type { Clock } from '../base/time.ts'
import { platformScopes, type Route, type RouteScope } from '../base/wire.ts'
import type { ChecksumKeys, EdgeConfig } from '../config/config.ts'
import type { PenstockDatabase } from '../database/database.ts'
import { idOfApiKey, parseApiKey } from './api-key.ts'
import { readCredential } from './credential.ts'
import { type KeyMemory, openKeyMemory } from './key-memory.ts'
import { type KnownKey, lookUpKey } from './known-keys.ts'
import { type Lockout, lockedOutFor, openLockout } from './lockout.ts'
import { idTokenVerifier, type VerifyIdToken } from './oidc.ts'
import type { Principal, TenantPrincipal } from './principal.ts'
import { scopesOfRole } from './roles.ts'
import { type FindTenant, tenantFinder } from './tenants.ts'
import { type UserVerifier, userVerifier } from './user-token.ts'
import { type FindUser, userFinder } from './users.ts'

export interface AuthDeps {
  readonly db: PenstockDatabase
  readonly clock: Clock
  readonly config: Pick<EdgeConfig, 'open' | 'oidc' | 'users' | 'checksumKeys'>
}

/** Authenticates a request. `address` is the caller's, as our own proxies saw it: look-ups of possibly made-up keys are counted by it. */
export type Authenticate = (headers: IncomingHttpHeaders, scope: RouteScope, address?: string) => Promise<Principal>

interface Known {
  readonly checksumKeys: ChecksumKeys
  readonly keys: KeyMemory<KnownKey>
  readonly lockout: Lockout
  /** Holders of tokens that were accepted, as the tokens name them. */
  readonly holders: LRUCache<string, true>
}

const MAX_HOLDERS = 10_000

/**
 * Makes the function that authenticates a request from its headers. Safe to repeat.
 * Keys, known and unknown, are cached for 30 s, so a revocation takes effect within 30 s. The scope matters only to callers without a
 * credential.
 * @throws {Problem} 401 with the same text for every invalid credential (the log has the reason); 429 when an address shows too many
 * unknown keys or wrong credentials; 503 when a credential cannot be checked.
 */
export function authenticator(deps: AuthDeps): Authenticate {
  const known: Known = {
    checksumKeys: deps.config.checksumKeys ?? [],
    keys: openKeyMemory<KnownKey>({ clock: deps.clock }),
    lockout: openLockout(deps.clock),
    holders: new LRUCache({ max: MAX_HOLDERS }),
  }
  const verifyIdToken = idTokenVerifier({ clock: deps.clock, oidc: deps.config.oidc })
  const users = userVerifier({ clock: deps.clock, users: deps.config.users })
  const findTenant = tenantFinder(deps)
  const findUser = userFinder(deps)
  return async (headers, scope, address = '') => {
    const credential = readCredential(headers)
    if (!credential) return deps.config.open ? await openCaller(findTenant, scope) : refuseStranger(headers)
    if (credential.bearer && isToken(credential.text)) {
      const { text: token } = credential
      if (!users?.issued(token)) return await serviceCaller(known, verifyIdToken, { token, address })
      return await userCaller(known, users, findUser, { token, address })
    }
    return await keyCaller(deps, known, credential.text, address)
  }
}

/**
 * Checks that a caller may use a route.
 * @throws {Problem} 403 when its key lacks the scope, or the route is not for service accounts.
 */
export function checkScope(caller: Principal, route: Pick<Route, 'scope' | 'service' | 'operators'>): void {
  const scope = route.operators && caller.kind === 'platform' ? 'operate' : route.scope
  if (scope === 'any' || (scope === 'tenant' && caller.kind === 'tenant')) return
  if (scope === 'tenant') throw new Problem(forbidden, 'This call needs a credential of a tenant.')
  const allowed =
    caller.kind === 'service' ? route.service === true : (caller.scopes as readonly string[]).includes(scope)
  if (!allowed) throw new Problem(forbidden, `This call needs a credential with the scope ${scope}.`)
}

const isToken = (text: string): boolean => text.split('.', 4).length === 3

async function openCaller(findTenant: FindTenant, scope: RouteScope): Promise<TenantPrincipal> {
  if ((platformScopes as readonly string[]).includes(scope)) return refuse('no credential')
  const tenant = await findTenant('default')
  if (!tenant) throw busy('The tenant `default` does not exist yet.')
  if (tenant.suspended) return refuse('the tenant default is suspended')
  return { kind: 'tenant', name: 'open', tenant, scopes: tenantScopes }
}

/** A token, and the address that it came from. */
interface Shown {
  readonly token: string
  readonly address: string
}

async function serviceCaller(
  known: Known,
  verifyIdToken: VerifyIdToken,
  { token, address }: Shown,
): Promise<Principal> {
  const verified = await verifyIdToken(token)
  if (!('refused' in verified)) return { kind: 'service', name: `service:${verified.email}`, email: verified.email }
  if (verified.forged) known.lockout.failed(address, undefined)
  return refuse(verified.refused)
}

async function userCaller(
  known: Known,
  users: UserVerifier,
  findUser: FindUser,
  { token, address }: Shown,
): Promise<TenantPrincipal> {
  const holder = users.claimed(token)
  const lockedFor = known.lockout.secondsLeft(address, `user ${holder}`)
  // A holder that was accepted before is not locked out by another caller that sends tokens in its name from its address.
  if (lockedFor !== undefined && !known.holders.has(holder)) throw lockedOutFor(lockedFor)
  const verified = await users.verify(token)
  if ('refused' in verified) {
    if (lockedFor !== undefined) throw lockedOutFor(lockedFor)
    if (verified.forged) known.lockout.failed(address, `user ${holder}`)
    return refuse(verified.refused)
  }
  known.holders.set(holder, true)
  const found = await findUser(verified.tenant, verified.subject)
  if (!found) return refuse(`the user's tenant ${verified.tenant} is not known`)
  const { user, tenant } = found
  if (tenant.suspended) return refuse(`the user's tenant ${tenant.name} is suspended`)
  if (user?.suspended) return refuse(`the user ${user.id} is suspended`)
  const role = user?.role ?? 'viewer'
  return {
    kind: 'tenant',
    name: `user:${verified.subject}`,
    tenant,
    scopes: scopesOfRole(role),
    user: verified.subject,
    ...(user ? { userId: user.id } : {}),
    role,
  }
}

async function keyCaller(deps: AuthDeps, known: Known, text: string, address: string): Promise<Principal> {
  const { keys, lockout } = known
  const key = parseApiKey(text, known.checksumKeys)
  const id = key?.id ?? idOfApiKey(text)
  if (id !== undefined && !(key && keys.has(key))) {
    const lockedFor = lockout.secondsLeft(address, `key ${id}`)
    if (lockedFor !== undefined) throw lockedOutFor(lockedFor)
  }
  const found = key && (await keys.find(key, address, () => lookUpKey(deps, key)))
  if (!found) {
    lockout.failed(address, id === undefined ? undefined : `key ${id}`)
    return refuse(
      key
        ? `the key ${key.id} is not known, or its secret is wrong`
        : 'this is not an API key, or it was not issued here',
    )
  }
  if (found.refused !== undefined) return refuse(found.refused)
  // The comparison is negated so that an instant that is not a number (from -infinity, for example) counts as expired.
  if (!(deps.clock() * 1000 < found.expiresAt)) return refuse(`the key ${key.id} has expired`)
  return found.principal
}

/** Refuses a caller without a credential. A guest learns where it gets one. */
function refuseStranger(headers: IncomingHttpHeaders): never {
  if (!['true', '1'].includes(String(headers['x-guest-mode']))) return refuse('no credential')
  const detail = 'This call needs a credential. POST /api/v1/demo gives a guest one of its own, for a day.'
  throw new Problem(unauthenticated, detail, { headers: CHALLENGE, cause: 'a guest without a credential' })
}

const CHALLENGE = { 'www-authenticate': 'Bearer realm="penstock"' }

function refuse(reason: string): never {
  const detail = reason === 'no credential' ? 'This call needs a credential.' : 'The credential is not valid.'
  throw new Problem(unauthenticated, detail, {
    headers: CHALLENGE,
    cause: reason,
  })
}
