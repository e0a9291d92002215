// The statements on API keys. The columns that could prove a credential are only written: the role of this slice cannot read them.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

/** A key as it is shown, with the subject of its user. */
export interface KeyRow {
  readonly id: string
  readonly public_id: string
  readonly user_id: string | null
  readonly subject: string | null
  readonly name: string | null
  readonly scopes: readonly string[]
  readonly created_at: string
  readonly expires_at: string | null
  readonly revoked_at: string | null
  readonly rotated_at: string | null
  readonly last_used_at: string | null
}

/** The columns of a new key that come from its text. */
interface IssuedColumns {
  readonly id: string
  readonly secretSha256: Buffer
  readonly wholeSha256: Buffer
  readonly checksumKey: string
}

export interface KeyValues {
  readonly tenantId: number
  readonly userId: string | null
  readonly name: string
  readonly scopes: readonly string[]
  /** Null: it does not expire. */
  readonly expiresInSeconds: number | null
}

/** Stores a key. @throws PQ003 when the user has five keys already. */
export async function insertKey(tx: Tx, issued: IssuedColumns, key: KeyValues): Promise<void> {
  await tx
    .insertInto('api_key')
    .values({
      id: issued.id,
      tenant_id: key.tenantId,
      user_id: key.userId,
      name: key.name,
      scopes: [...key.scopes],
      secret_sha256: issued.secretSha256,
      whole_sha256: issued.wholeSha256,
      checksum_key: issued.checksumKey,
      expires_at: sql<string | null>`now() + ${key.expiresInSeconds}::float8 * interval '1 second'`,
    })
    .execute()
}

/** The keys that a caller sees: those of one user, those of the tenant itself (null), or all. */
export type Whose = { readonly userId: string | null } | 'all'

interface KeyPage {
  readonly limit: number
  readonly offset: number
}

/** Selects keys that are not revoked, newest first. */
export async function selectKeys(tx: Tx, tenantId: number, whose: Whose, page: KeyPage): Promise<KeyRow[]> {
  return await withUser(tx, tenantId)
    .where('k.revoked_at', 'is', null)
    .$if(whose !== 'all', (query) =>
      query.where('k.user_id', 'is not distinct from', whose === 'all' ? null : whose.userId),
    )
    .orderBy('k.created_at', 'desc')
    .orderBy('k.id')
    .limit(page.limit)
    .offset(page.offset)
    .execute()
}

/** Selects a key by its public id, and locks it; undefined when the tenant has none. */
export async function lockKey(tx: Tx, tenantId: number, publicId: string): Promise<KeyRow | undefined> {
  return await withUser(tx, tenantId).where('k.public_id', '=', publicId).forUpdate('k').executeTakeFirst()
}

export async function selectKey(tx: Tx, tenantId: number, id: string): Promise<KeyRow | undefined> {
  return await withUser(tx, tenantId).where('k.id', '=', id).executeTakeFirst()
}

export async function markRevoked(tx: Tx, tenantId: number, id: string): Promise<void> {
  await tx
    .updateTable('api_key')
    .set({ revoked_at: sql<string>`now()` })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .execute()
}

/** Lets a key expire after the overlap, or when it would have expired anyway. */
export async function markRotated(tx: Tx, tenantId: number, key: { readonly id: string; readonly hours: number }) {
  await tx
    .updateTable('api_key')
    .set({
      rotated_at: sql<string>`now()`,
      expires_at: sql<string>`least(expires_at, now() + ${key.hours}::float8 * interval '1 hour')`,
    })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', key.id)
    .execute()
}

const withUser = (tx: Tx, tenantId: number) =>
  tx
    .selectFrom('api_key as k')
    .leftJoin('app_user as u', (join) => join.onRef('u.id', '=', 'k.user_id').onRef('u.tenant_id', '=', 'k.tenant_id'))
    .where('k.tenant_id', '=', tenantId)
    .select([
      'k.id',
      'k.public_id',
      'k.user_id',
      'u.subject',
      'k.name',
      'k.scopes',
      'k.created_at',
      'k.expires_at',
      'k.revoked_at',
      'k.rotated_at',
      'k.last_used_at',
    ])
