// API keys in the database, for a person's commands: the role penstock_admin sees every tenant.
import { createApiKey, idOfApiKey, nameOfChecksumKey, parseApiKey } from '@penstock/shared/auth/api-key.ts'
import { tenantScopes } from '@penstock/shared/base/scopes.ts'
import { platformScopes, type Scope } from '@penstock/shared/base/wire.ts'
import type { Client } from 'pg'
import { ADMIN } from '../roles.ts'

export interface NewKey {
  /** Null for a platform key, which belongs to no tenant. */
  readonly tenant: string | null
  readonly scopes: readonly string[]
  /** Null for a key that does not expire. */
  readonly expiresInDays: number | null
}

export interface KeyDeps {
  readonly client: Client
  readonly randomBytes: (count: number) => Buffer
  /** The current checksum key: see scripts/cli/checksum-key.ts. */
  readonly checksumKey: Buffer
}

/** A key without its secret, which is not stored. Times are in PostgreSQL's format. */
export interface KeyEntry {
  readonly id: string
  readonly tenant: string | null
  readonly scopes: readonly string[]
  readonly created_at: string
  readonly expires_at: string | null
  readonly revoked_at: string | null
  readonly last_used_at: string | null
  /** The name of the checksum key that it depends on; null for a key of the first form, `pk_…`, which depends on none. */
  readonly checksum_key: string | null
}

/** The role or the table does not exist. */
const NOT_MIGRATED = new Set(['22023', '42P01'])

/**
 * Makes a key, and its tenant if there is none, and returns the key: it can never be shown again.
 * @throws {Error} for an invalid tenant name, an unknown scope, and a scope that this kind of key cannot have.
 */
export async function createKey(deps: KeyDeps, wanted: NewKey): Promise<{ readonly id: string; readonly key: string }> {
  const broken = brokenRule(wanted)
  if (broken !== undefined) throw new Error(broken)
  const { key, id, secretSha256, wholeSha256 } = createApiKey(deps.randomBytes, deps.checksumKey)
  await asAdmin(deps.client, async (client) => {
    const tenantId = wanted.tenant === null ? null : await ensureTenant(client, wanted.tenant)
    await client.query(
      `insert into api_key (id, tenant_id, secret_sha256, scopes, expires_at, checksum_key, whole_sha256)
       values ($1::text, $2::int, $3::bytea, $4::text[], now() + $5::int * interval '1 day', $6::text, $7::bytea)`,
      [
        id,
        tenantId,
        secretSha256,
        wanted.scopes,
        wanted.expiresInDays,
        nameOfChecksumKey(deps.checksumKey),
        wholeSha256,
      ],
    )
  })
  return { id, key }
}

/** Returns every key, newest first. */
export async function listKeys(client: Client): Promise<readonly KeyEntry[]> {
  return await asAdmin(client, async () => {
    const { rows } = await client.query<KeyEntry>(
      `select k.id, t.name as tenant, k.scopes, k.created_at::text, k.expires_at::text, k.revoked_at::text, k.last_used_at::text,
         k.checksum_key
       from api_key k left join tenant t on t.id = k.tenant_id order by k.created_at desc, k.id`,
    )
    return rows
  })
}

/**
 * Revokes a key, given by its id or as a whole; the revocation is effective everywhere after 30 s. Safe to repeat: the first time
 * remains.
 * @throws {Error} when there is no such key.
 */
export async function revokeKey(
  client: Client,
  key: string,
): Promise<{ readonly id: string; readonly revoked_at: string }> {
  const id = idOfApiKey(key) ?? key
  return await asAdmin(client, async () => {
    const { rows } = await client.query<{ id: string; revoked_at: string }>(
      `update api_key set revoked_at = coalesce(revoked_at, now()) where id = $1::text returning id, revoked_at::text`,
      [id],
    )
    if (!rows[0]) throw new Error(`there is no key ${idOfApiKey(key) ?? 'with this id'}`)
    return rows[0]
  })
}

/** Returns true when a key is in this database, belongs to this tenant, is neither revoked nor expired, and has exactly these scopes. */
export async function isKeyUsable(
  { client, checksumKey }: Omit<KeyDeps, 'randomBytes'>,
  key: string,
  wanted: Omit<NewKey, 'expiresInDays'>,
): Promise<boolean> {
  const parsed = parseApiKey(key, [checksumKey])
  if (!parsed) return false
  return await asAdmin(client, async () => {
    const { rows } = await client.query(
      `select from api_key k left join tenant t on t.id = k.tenant_id
       where k.id = $1::text and k.secret_sha256 = $2::bytea and t.name is not distinct from $3::text
         and k.scopes @> $4::text[] and k.scopes <@ $4::text[]
         and k.revoked_at is null and (k.expires_at is null or k.expires_at > now()) and coalesce(t.status, 'active') = 'active'`,
      [parsed.id, parsed.secretSha256, wanted.tenant, wanted.scopes],
    )
    return rows.length === 1
  })
}

/** Returns the rule that a wanted key breaks, as a sentence. */
function brokenRule({ tenant, scopes, expiresInDays }: NewKey): string | undefined {
  if (tenant !== null && !/^[a-z0-9-]{1,63}$/.test(tenant)) {
    return 'a tenant name has 1 to 63 characters of a-z, 0-9 and -'
  }
  const allowed: readonly Scope[] = tenant === null ? platformScopes : tenantScopes
  const kind = tenant === null ? 'a platform key' : "a tenant's key"
  if (scopes.length === 0) return `${kind} needs scopes: ${allowed.join(', ')}`
  const wrong = scopes.find((scope) => !(allowed as readonly string[]).includes(scope))
  if (wrong !== undefined) return `${kind} cannot have the scope ${JSON.stringify(wrong)}, only: ${allowed.join(', ')}`
  if (expiresInDays !== null && !(Number.isInteger(expiresInDays) && expiresInDays >= 1 && expiresInDays <= 36_500)) {
    return 'a key expires in 1 to 36500 whole days'
  }
  return undefined
}

/** Returns the id of a tenant, which is made when there is none of this name. */
export async function ensureTenant(client: Client, name: string): Promise<number> {
  await client.query('insert into tenant (name) values ($1::text) on conflict (name) do nothing', [name])
  const { rows } = await client.query<{ id: number }>('select id from tenant where name = $1::text', [name])
  if (!rows[0]) throw new Error(`the tenant ${name} was deleted a moment ago`)
  return rows[0].id
}

/** Runs a transaction as the role that sees every tenant. */
export async function asAdmin<T>(client: Client, work: (client: Client) => Promise<T>): Promise<T> {
  await client.query('begin')
  try {
    await client.query(`set local role ${ADMIN}`)
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(() => {})
    if (NOT_MIGRATED.has((error as { code?: string }).code ?? '')) {
      throw new Error('this database is not migrated: npm run migrate', { cause: error })
    }
    throw error
  }
}
