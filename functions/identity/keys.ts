// The rules of API keys: a caller makes keys that can do no more than itself, and sees its own unless a scope says otherwise.
import type { IssuedApiKey } from '@penstock/shared/auth/api-key.ts'
import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { conflict, forbidden, notFound, Problem } from '@penstock/shared/base/problem.ts'
import { tenantScopes } from '@penstock/shared/base/scopes.ts'
import { fromPostgres, toWire } from '@penstock/shared/base/time.ts'
import { platformScopes, type TenantScope } from '@penstock/shared/base/wire.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { codeOf } from '@penstock/shared/database/database-errors.ts'
import { tooManyKeys } from './contract.ts'
import type { Key, KeysQuery, MadeKey, Message, NewKey, Rotation } from './key-contract.ts'
import {
  insertKey,
  type KeyRow,
  type KeyValues,
  lockKey,
  markRevoked,
  markRotated,
  selectKey,
  selectKeys,
} from './key-queries.ts'
import { requireRoom } from './usage.ts'

export interface KeyDeps {
  readonly db: PenstockDatabase
  readonly newApiKey: () => IssuedApiKey
  /** Milliseconds since 1970. */
  readonly now: () => number
}

const DAY_S = 86_400
/** Raised by the trigger of migrations/0102-identity.sql. */
const FIVE_KEYS = 'PQ003'

/** Returns the caller's keys, newest first, without those that are revoked. @throws {Problem} 403 for keys of others. */
export async function keys({ db }: KeyDeps, caller: TenantPrincipal, query: KeysQuery): Promise<Key[]> {
  const { tenant, userId } = caller
  const isAll = query.all === 'true'
  if (isAll || userId === undefined) need(caller, 'keys:read', 'Keys of others')
  const whose = isAll ? 'all' : { userId: userId ?? null }
  return (await db.read(tenant.id, (tx) => selectKeys(tx, tenant.id, whose, query))).map(toKey)
}

/**
 * Makes a key: of the caller's user, or of the tenant. Not safe to repeat: each call makes another key.
 * @throws {Problem} 403 for a scope that the caller lacks; 400 for a sixth key of a user.
 */
export async function createKey(deps: KeyDeps, caller: TenantPrincipal, wanted: NewKey): Promise<MadeKey> {
  if (!isUser(caller)) need(caller, 'keys:write', 'Another key')
  if (isUser(caller) && caller.userId === undefined)
    throw new Problem(
      forbidden,
      'The user is not registered, so it can have no keys. Ask an admin of the tenant to add it.',
    )
  needScopes(caller, wanted.scopes)
  const days = wanted.expires_in_days ?? null
  return await make(deps, caller, async () => ({
    tenantId: caller.tenant.id,
    userId: caller.userId ?? null,
    name: wanted.name,
    scopes: wanted.scopes,
    expiresInSeconds: days === null ? null : days * DAY_S,
  }))
}

/**
 * Makes a key in the place of another one, with its name, its scopes and as long a life. The old one expires after the overlap.
 * @throws {Problem} 403 for a scope that the caller lacks; 404 for an unknown key and for that of another user; 409 for one that is
 * revoked, expired, or rotated already.
 */
export async function rotateKey(
  deps: KeyDeps,
  caller: TenantPrincipal,
  { id: publicId, rotation }: { readonly id: string; readonly rotation: Rotation },
): Promise<MadeKey> {
  const tenantId = caller.tenant.id
  return await make(deps, caller, async (tx) => {
    const old = await lockKey(tx, tenantId, publicId)
    // A key acts as its user, so only that user gets another one like it.
    const isOwn = old && old.user_id === (caller.userId ?? null)
    if (!old || !(isOwn || (old.user_id === null && has(caller, 'keys:write')))) throw unknownKey()
    if (!isUser(caller)) need(caller, 'keys:write', 'Another key')
    needScopes(caller, old.scopes)
    requireLive(old, deps.now())
    await markRotated(tx, tenantId, { id: old.id, hours: rotation.overlap_hours })
    const { user_id: userId, scopes, expires_at: end, created_at: begin } = old
    const lifeS = end === null ? null : (fromPostgres(end) - fromPostgres(begin)) / 1e6
    return { tenantId, userId, name: nameOf(old), scopes, expiresInSeconds: lifeS }
  })
}

/** Revokes a key; it is refused everywhere after 30 s. Safe to repeat. @throws {Problem} 404 for a key that is not the caller's. */
export async function revokeKey({ db }: KeyDeps, caller: TenantPrincipal, publicId: string): Promise<Message> {
  const tenantId = caller.tenant.id
  return await db.write(tenantId, async (tx) => {
    const key = await lockKey(tx, tenantId, publicId)
    const isOwn = key && caller.userId !== undefined && key.user_id === caller.userId
    if (!key || !(isOwn || has(caller, 'keys:write'))) throw unknownKey()
    if (key.revoked_at !== null) return { message: 'API key already revoked' }
    await markRevoked(tx, tenantId, key.id)
    return { message: 'API key revoked successfully' }
  })
}

type Tx = Parameters<typeof insertKey>[0]

/** Stores a new key with the values that `prepare` returns, in its transaction. */
async function make(
  { db, newApiKey }: KeyDeps,
  { tenant }: TenantPrincipal,
  prepare: (tx: Tx) => Promise<KeyValues>,
): Promise<MadeKey> {
  const issued = newApiKey()
  try {
    const row = await db.write(tenant.id, async (tx) => {
      // The unit may run again after its commit, whose answer was lost.
      const stored = await selectKey(tx, tenant.id, issued.id)
      if (stored) return stored
      const values = await prepare(tx)
      await requireRoom(tx, tenant.id, 'keys')
      await insertKey(tx, issued, values)
      return await selectKey(tx, tenant.id, issued.id)
    })
    if (!row) throw new Error('the key that was stored a moment ago is gone')
    return { ...toKey(row), key: issued.key }
  } catch (error) {
    if (codeOf(error) === FIVE_KEYS) throw new Problem(tooManyKeys, 'Maximum 5 API keys allowed per user')
    throw error
  }
}

const isUser = ({ name }: TenantPrincipal): boolean => name.startsWith('user:')

const has = ({ scopes }: TenantPrincipal, scope: TenantScope): boolean => scopes.includes(scope)

function need(caller: TenantPrincipal, scope: TenantScope, what: string): void {
  if (!has(caller, scope)) throw new Problem(forbidden, `${what}: this needs a credential with the scope ${scope}.`)
}

/** Refuses scopes that the caller lacks. Scopes that are not known allow nothing, so everybody may name them. */
function needScopes(caller: TenantPrincipal, wanted: readonly string[]): void {
  const known: readonly string[] = [...tenantScopes, ...platformScopes]
  const lacking = wanted.find((scope) => known.includes(scope) && !(caller.scopes as readonly string[]).includes(scope))
  if (lacking !== undefined)
    throw new Problem(forbidden, `A key cannot have the scope ${lacking}, which the credential that makes it lacks.`)
}

function requireLive(key: KeyRow, nowMs: number): void {
  const isOver = key.expires_at !== null && fromPostgres(key.expires_at) <= nowMs * 1_000
  if (key.revoked_at !== null || key.rotated_at !== null || isOver)
    throw new Problem(conflict, 'The key is revoked, expired, or was rotated before. Make a new one instead.')
}

const unknownKey = (): Problem => new Problem(notFound, 'API key not found')

/** Keys that a person's command made have no name. */
const nameOf = ({ name, id }: KeyRow): string => name ?? id

const toKey = (row: KeyRow): Key => ({
  id: row.public_id,
  key_prefix: `pk_${row.id}`.slice(0, 8),
  name: nameOf(row),
  scopes: row.scopes,
  user: row.subject,
  created_at: toWire(row.created_at),
  expires_at: row.expires_at === null ? null : toWire(row.expires_at),
  last_used_at: row.last_used_at === null ? null : toWire(row.last_used_at),
})
