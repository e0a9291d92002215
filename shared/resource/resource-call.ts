// The row that a call to a resource refers to, its scope and its parent.
import type { Transaction } from 'kysely'
import type { TenantPrincipal } from '../auth/principal.ts'
import { notFound, notYourself, Problem } from '../base/problem.ts'
import { brokenTextRule } from '../base/wire.ts'
import type { Call } from '../http/service.ts'
import type { Database } from '../schema/index.ts'
import type { Definition, Parent } from './definition.ts'
import { type FoundRow, hasParent } from './resource-queries.ts'
import type { ResourceRoute } from './resource-routes.ts'
import type { RowScope } from './resource-scope.ts'

/** A caller, and the query in which a key names the user for whom it acts. */
export interface ActingCall {
  readonly caller: TenantPrincipal
  readonly query: unknown
}

/** The owner of the rows that a call is about: a key without `?user_id=` has rows of its own. @throws {Problem} 403 for another user's. */
function ownerOf({ caller: { user }, query }: ActingCall): string {
  const { user_id: named } = (query ?? {}) as { readonly user_id?: string }
  if (user === undefined) return named ?? ''
  if (named !== undefined && named !== user)
    throw new Problem(
      notYourself,
      'The credential belongs to another user than user_id. Send the user of the credential.',
    )
  return user
}

/** The rows of a call's owner, under any parent. */
export const ownScope = (call: ActingCall): RowScope => ({
  tenantId: call.caller.tenant.id,
  owner: ownerOf(call),
  parentId: undefined,
})

/** The rows of a caller under the parent that the query names. @throws {Problem} 404 for a text that cannot be its id. */
export function scopeInParent({ parent }: Definition, call: Call<ResourceRoute>): RowScope {
  if (!parent) return ownScope(call)
  const parentId = (call.query as unknown as Readonly<Record<string, string>>)[parent.parameter] ?? ''
  return scopeIn(parent, call, parentId)
}

/** The rows of a call's owner under a parent. @throws {Problem} 404 for a text that cannot be its id. */
export function scopeIn(parent: Parent, call: ActingCall, parentId: string): RowScope & { readonly parentId: string } {
  if (!isId(parent, parentId)) throw missing(parent)
  return { ...ownScope(call), parentId }
}

/** Checks the parent. With `lock` it cannot be deleted before the transaction ends. @throws {Problem} 404 when it is not there. */
export async function requireParent(
  tx: Transaction<Database>,
  { parent }: Definition,
  scope: RowScope,
  { lock }: { readonly lock: boolean },
): Promise<void> {
  if (parent && !(await hasParent(tx, parent, scope, lock))) throw missing(parent)
}

/** The id of the path. @throws {Problem} 404 for a text that cannot be one: the statement casts it, and the cast would fail. */
export function idOf(definition: Definition, { params }: Call<ResourceRoute>): string {
  const id = params[definition.parameter ?? 'id'] ?? ''
  if (!isId(definition, id)) throw missing(definition)
  return id
}

/** Returns a row. @throws {Problem} 404 when it is not there. */
export function found(definition: Definition, row: FoundRow | undefined): FoundRow {
  if (!row) throw missing(definition)
  return row
}

export const missing = ({ title }: { readonly title: string }): Problem => new Problem(notFound, `${title} not found`)

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const MAX_INT = 2_147_483_647
const MAX_ID = 1_000

function isId({ id: form = 'int' }: { readonly id?: Definition['id'] }, id: string): boolean {
  if (form === 'int') return /^[1-9]\d{0,9}$/.test(id) && Number(id) <= MAX_INT
  return form === 'uuid' ? UUID.test(id) : brokenTextRule(id, MAX_ID) === undefined
}
