// The statements on users. Each one names the tenant, so that its index is used, and as a second guard in addition to row security.
import type { Database } from '@penstock/shared/schema/index.ts'
import { type Selectable, sql, type Transaction, type Updateable } from 'kysely'

type Tx = Transaction<Database>
export type UserRow = Selectable<Database['app_user']>
export type UserChanges = Updateable<Database['app_user']>

export interface UserKey {
  readonly tenantId: number
  readonly id: string
}

export interface UserValues {
  readonly tenantId: number
  readonly id: string
  readonly subject: string
  readonly email: string
  readonly displayName: string | null
  readonly role: UserRow['role']
  readonly status: UserRow['status']
}

/** Inserts a user; returns undefined when the tenant has one with this subject or this address. */
export async function insertUser(tx: Tx, user: UserValues): Promise<UserRow | undefined> {
  return await tx
    .insertInto('app_user')
    .values({
      tenant_id: user.tenantId,
      id: user.id,
      subject: user.subject,
      email: user.email,
      display_name: user.displayName,
      role: user.role,
      status: user.status,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst()
}

export async function selectUser(tx: Tx, { tenantId, id }: UserKey): Promise<UserRow | undefined> {
  return await ofTenant(tx, tenantId).where('id', '=', id).executeTakeFirst()
}

/** Selects a page of users, newest first, and counts all. */
export async function selectUsers(
  tx: Tx,
  tenantId: number,
  page: { readonly limit: number; readonly offset: number },
): Promise<{ readonly users: UserRow[]; readonly total: number }> {
  const users = await ofTenant(tx, tenantId)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(page.limit)
    .offset(page.offset)
    .execute()
  const { total } = await tx
    .selectFrom('app_user')
    .where('tenant_id', '=', tenantId)
    .select(sql<number>`count(*)::int`.as('total'))
    .executeTakeFirstOrThrow()
  return { users, total }
}

/**
 * Changes a user; returns undefined when there is none.
 * @throws unique_violation (23505) when another user has the address, and PQ002 when the tenant would lose its last active admin.
 */
export async function updateUser(tx: Tx, { tenantId, id }: UserKey, change: UserChanges): Promise<UserRow | undefined> {
  return await tx
    .updateTable('app_user')
    .set({ ...change, updated_at: sql<string>`now()` })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
}

/** Deletes a user and, with it, its keys. Returns whether there was one. @throws PQ002 for the last active admin. */
export async function deleteUser(tx: Tx, { tenantId, id }: UserKey): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('app_user')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

const ofTenant = (tx: Tx, tenantId: number) => tx.selectFrom('app_user').selectAll().where('tenant_id', '=', tenantId)
