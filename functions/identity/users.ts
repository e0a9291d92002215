// The rules of users: who they are, and what they may change.
import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { conflict, forbidden, notFound, Problem } from '@penstock/shared/base/problem.ts'
import { toWire } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { codeOf } from '@penstock/shared/database/database-errors.ts'
import { lastAdmin } from './contract.ts'
import { requireRoom } from './usage.ts'
import type {
  NewUser,
  Profile,
  ProfileChange,
  TierChange,
  User,
  UserChange,
  UserPage,
  UsersQuery,
} from './user-contract.ts'
import {
  deleteUser,
  insertUser,
  selectUser,
  selectUsers,
  type UserChanges,
  type UserRow,
  updateUser,
} from './user-queries.ts'

export interface UserDeps {
  readonly db: PenstockDatabase
  readonly newId: () => string
}

const UNIQUE_VIOLATION = '23505'
/** Raised by the trigger of migrations/0102-identity.sql. */
const LAST_ADMIN = 'PQ002'

/** Returns the caller's profile. @throws {Problem} 403 for a key, 404 for a user that nobody registered. */
export async function profile({ db }: UserDeps, caller: TenantPrincipal): Promise<Profile> {
  const key = ownKey(caller)
  return toProfile(found(await db.read(key.tenantId, (tx) => selectUser(tx, key))))
}

/** Changes the caller's own name, and nothing else. Throws like `profile`. Safe to repeat. */
export async function changeProfile(
  { db }: UserDeps,
  caller: TenantPrincipal,
  change: ProfileChange,
): Promise<Profile> {
  const key = ownKey(caller)
  return toProfile(found(await db.write(key.tenantId, (tx) => applyChange(tx, key, change))))
}

/** Returns a page of users, newest first, with the number of all. */
export async function users({ db }: UserDeps, { tenant }: TenantPrincipal, query: UsersQuery): Promise<UserPage> {
  const { page, page_size } = query
  const limits = { limit: page_size, offset: (page - 1) * page_size }
  const { users: rows, total } = await db.read(tenant.id, (tx) => selectUsers(tx, tenant.id, limits), {
    oneSnapshot: true,
  })
  return { users: rows.map(toUser), total, page, page_size }
}

/** Returns a user. @throws {Problem} 404 when the tenant has none with this id. */
export async function user({ db }: UserDeps, { tenant }: TenantPrincipal, id: string): Promise<User> {
  const key = { tenantId: tenant.id, id }
  return toUser(found(await db.read(tenant.id, (tx) => selectUser(tx, key))))
}

/** Registers a user. @throws {Problem} 409 when the tenant has one with this subject or this address. */
export async function createUser({ db, newId }: UserDeps, { tenant }: TenantPrincipal, made: NewUser): Promise<User> {
  const { subject, email, role } = made
  const status = made.status ?? 'active'
  // The id is made before the unit of work, which may run twice.
  const id = newId()
  const values = { tenantId: tenant.id, id, subject, email, role, status, displayName: made.display_name ?? null }
  const row = await db.write(tenant.id, async (tx) => {
    // The unit may run again after its commit, whose answer was lost.
    const stored = await selectUser(tx, { tenantId: tenant.id, id })
    if (stored) return stored
    await requireRoom(tx, tenant.id, 'users')
    return await insertUser(tx, values)
  })
  if (!row) throw taken('a user with this subject or this e-mail address')
  return toUser(row)
}

/** Changes what is sent. Safe to repeat. @throws {Problem} 404; 409 for another user's address and for the last active admin. */
export async function changeUser(
  { db }: UserDeps,
  { tenant }: TenantPrincipal,
  { id, change }: { readonly id: string; readonly change: UserChange },
): Promise<User> {
  const key = { tenantId: tenant.id, id }
  return toUser(found(await refusing(db.write(tenant.id, (tx) => applyChange(tx, key, change)))))
}

/** Changes a user's subscription tier. Safe to repeat. @throws {Problem} 404. */
export async function changeTier(
  { db }: UserDeps,
  { tenant }: TenantPrincipal,
  { id, change }: { readonly id: string; readonly change: TierChange },
): Promise<Profile> {
  const key = { tenantId: tenant.id, id }
  const { subscription_tier } = change
  return toProfile(found(await db.write(tenant.id, (tx) => updateUser(tx, key, { subscription_tier }))))
}

/** Removes a user and its keys. @throws {Problem} 404; 409 for the last active admin. */
export async function removeUser({ db }: UserDeps, { tenant }: TenantPrincipal, id: string): Promise<void> {
  const isGone = await refusing(db.write(tenant.id, (tx) => deleteUser(tx, { tenantId: tenant.id, id })))
  if (!isGone) throw unknownUser()
}

/** The user whose token the caller sent. A key acts as its user, but has no profile. */
function ownKey({ tenant, name, userId }: TenantPrincipal): { readonly tenantId: number; readonly id: string } {
  if (!name.startsWith('user:')) throw new Problem(forbidden, "Only a user's own token has a profile.")
  if (userId === undefined) throw unknownUser()
  return { tenantId: tenant.id, id: userId }
}

/** Fields that were not sent, or are null, keep their values. */
async function applyChange(
  tx: Parameters<typeof updateUser>[0],
  key: Parameters<typeof updateUser>[1],
  change: UserChange,
): Promise<UserRow | undefined> {
  const sent = Object.entries({
    email: change.email,
    display_name: change.display_name,
    role: change.role,
    status: change.status,
  }).filter(([, value]) => value !== undefined && value !== null)
  return sent.length === 0
    ? await selectUser(tx, key)
    : await updateUser(tx, key, Object.fromEntries(sent) as UserChanges)
}

/** Turns what the database refuses into the problems of the contract. */
async function refusing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (codeOf(error) === UNIQUE_VIOLATION) throw taken('a user with this e-mail address')
    if (codeOf(error) !== LAST_ADMIN) throw error
    throw new Problem(lastAdmin, 'This is the last active admin of the tenant. Give another user the role admin first.')
  }
}

const taken = (what: string): Problem => new Problem(conflict, `The tenant has ${what} already.`)

const unknownUser = (): Problem => new Problem(notFound, 'User not found')

function found(row: UserRow | undefined): UserRow {
  if (!row) throw unknownUser()
  return row
}

const toProfile = (row: UserRow): Profile => ({
  id: row.id,
  email: row.email,
  display_name: row.display_name,
  role: row.role,
  subscription_tier: row.subscription_tier,
  created_at: toWire(row.created_at),
  last_login_at: row.last_login_at === null ? null : toWire(row.last_login_at),
})

const toUser = (row: UserRow): User => ({
  ...toProfile(row),
  subject: row.subject,
  status: row.status,
  updated_at: toWire(row.updated_at),
})
