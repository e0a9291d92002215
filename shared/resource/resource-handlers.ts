// The handlers of a resource: pages, versions, repeated creates, deletion with children.
import type { RawBuilder, Transaction } from 'kysely'
import type { z } from 'zod'
import type { TenantPrincipal } from '../auth/principal.ts'
import { changed, conflict, Problem } from '../base/problem.ts'
import type { PenstockDatabase } from '../database/database.ts'
import { codeOf } from '../database/database-errors.ts'
import type { Call, Reply } from '../http/service.ts'
import { answerOnce, readIdempotencyKey } from '../jobs/idempotency.ts'
import { versionExpected, versionTag } from '../negotiation/entity-tag.ts'
import type { Database } from '../schema/index.ts'
import type { Definition, Fields, Operation } from './definition.ts'
import type { Resource } from './resource.ts'
import { found, idOf, ownScope, requireParent, scopeInParent } from './resource-call.ts'
import type { Expressions } from './resource-columns.ts'
import { type Filter, selectPage } from './resource-pages.ts'
import { type FoundRow, insertRow, isSame, markDeleted, selectRow, updateRow, type Values } from './resource-queries.ts'
import type { ResourceRoute } from './resource-routes.ts'
import { clientsId } from './resource-schemas.ts'
import type { RowScope } from './resource-scope.ts'
import { type CursorScope, nextPageLink, openPlace, sealPlace } from './sealed-place.ts'

export interface ResourceDeps {
  readonly db: PenstockDatabase
  readonly cursorKey: Buffer
}

/** A write that is about to happen. */
export interface Checked<F extends Fields> {
  readonly caller: TenantPrincipal
  readonly owner: string
  /** The row as it is answered, locked until the transaction ends; undefined for a create. */
  readonly before: Readonly<Record<string, unknown>> | undefined
  /** The fields that are written. Values are those of the field's schema. */
  readonly change: { readonly [K in keyof F]?: z.output<F[K]['schema']> | null }
  readonly parentId: string | undefined
}

export interface ResourceRules<F extends Fields, Also extends string> {
  /** Returns what is to be written, or throws a Problem. Runs inside the transaction, after the row was locked. */
  readonly check?: (tx: Transaction<Database>, write: Checked<F>) => Promise<Checked<F>['change']>
  /** The expression of each computed field, which refers to the table by its name. */
  readonly also?: { readonly [K in Also]: Expressions[string] }
  /** The condition of each parameter in `filters`, which refers to the table by its name. */
  readonly filters?: Readonly<Record<string, (value: unknown, scope: RowScope) => RawBuilder<unknown>>>
  /** Resources whose rows belong to a row of this one: they are deleted with it. */
  readonly children?: readonly Definition[]
  /** Takes a row out of the rows that refer to it. Runs in the transaction that deletes it, after it is marked. */
  readonly unlink?: (tx: Transaction<Database>, removed: RowScope & { readonly id: string }) => Promise<void>
}

type RunCall = (call: Call<ResourceRoute>) => Promise<Reply>
type ResourceHandlers<Name extends string, Only extends Operation> = {
  readonly [One in Only as `${Name}${Capitalize<One>}`]: RunCall
}

/** The most bytes of an answer that is stored under an idempotency key as it is. A longer one is read again. */
const KEPT_BYTES = 12 * 1024
const UNIQUE_VIOLATION = '23505'

/** Returns a handler for each route of a resource. */
export function resourceHandlers<
  const Name extends string,
  F extends Fields,
  Only extends Operation,
  Also extends string,
>(
  deps: ResourceDeps,
  resource: Resource<Name, F, Only, Also>,
  rules: ResourceRules<F, Also> = {},
): ResourceHandlers<Name, Only> {
  const definition = resource as unknown as Definition
  const shop: Shop = {
    ...deps,
    name: resource.name,
    definition,
    also: (rules.also ?? {}) as Expressions,
    check: rules.check as Shop['check'],
    filters: rules.filters ?? {},
    children: rules.children ?? [],
    unlink: rules.unlink,
  }
  const all: Readonly<Record<Operation, RunCall>> = {
    list: async (call) => await list(shop, call),
    read: async (call) => await read(shop, call),
    create: async (call) => await unlessTaken(definition, () => create(shop, call)),
    put: async (call) => await unlessTaken(definition, () => change(shop, call)),
    patch: async (call) => await unlessTaken(definition, () => change(shop, call)),
    remove: async (call) => await remove(shop, call),
  }
  const keyOf = (one: Operation): string => `${resource.name}${one.charAt(0).toUpperCase()}${one.slice(1)}`
  const handlers = resource.operations.map((one) => [keyOf(one), all[one]] as const)
  return Object.fromEntries(handlers) as ResourceHandlers<Name, Only>
}

interface Shop extends ResourceDeps {
  readonly name: string
  readonly definition: Definition
  readonly also: Expressions
  readonly check: ((tx: Transaction<Database>, write: Checked<Fields>) => Promise<Values>) | undefined
  readonly filters: NonNullable<ResourceRules<Fields, string>['filters']>
  readonly children: readonly Definition[]
  readonly unlink: ResourceRules<Fields, string>['unlink']
}

type Query = Readonly<Record<string, unknown>>

async function list(shop: Shop, call: Call<ResourceRoute>): Promise<Reply> {
  const { db, cursorKey, name, definition, also } = shop
  const query = call.query as unknown as Query & {
    readonly skip: number
    readonly limit: number
    readonly cursor?: string
  }
  const scope = scopeInParent(definition, call)
  const filters = [...filtersIn(definition, query), ...furtherIn(shop, query, scope)]
  const sealed: CursorScope = [
    name,
    scope.tenantId,
    scope.owner,
    scope.parentId ?? null,
    filters.map(({ field, compare, value }) => [field, compare, JSON.stringify(value)]),
  ]
  const after = query.cursor === undefined ? undefined : readPlace(openPlace(cursorKey, sealed, query.cursor))
  const { skip, limit } = query
  const { total, rows } = await db.read(scope.tenantId, async (tx) => {
    await requireParent(tx, definition, scope, { lock: false })
    return await selectPage(tx, definition, also, { scope, filters, skip, limit, after })
  })
  const page = rows.slice(0, limit)
  const hasMore = rows.length > limit
  const last = page.at(-1)
  const cursor = hasMore && last ? sealPlace(cursorKey, sealed, Buffer.from(JSON.stringify(last.place))) : undefined
  const items = `[${page.map(({ wire }) => wire).join(',')}]`
  return {
    text: definition.page.envelope.write(items, { total, skip, limit, hasMore }),
    headers: cursor === undefined ? {} : { link: nextPageLink(call.url, cursor) },
  }
}

const readPlace = (place: Buffer): readonly string[] => JSON.parse(place.toString()) as readonly string[]

function filtersIn({ fields }: Definition, query: Query): readonly Filter[] {
  const suffixes = {
    equals: [['', '=']],
    range: [
      ['_from', '>='],
      ['_to', '<='],
    ],
  } as const
  return Object.entries(fields).flatMap(([field, { filter }]) =>
    (filter === undefined ? [] : suffixes[filter]).flatMap(([suffix, compare]) => {
      const value = query[`${field}${suffix}`]
      return value === undefined ? [] : [{ field, compare, value }]
    }),
  )
}

function furtherIn({ filters }: Shop, query: Query, scope: RowScope): readonly Filter[] {
  return Object.entries(filters).flatMap(([field, conditionOf]) => {
    const value = query[field]
    return value === undefined ? [] : [{ field, compare: '=' as const, value, condition: conditionOf(value, scope) }]
  })
}

async function read({ db, definition, also }: Shop, call: Call<ResourceRoute>): Promise<Reply> {
  const scope = ownScope(call)
  const id = idOf(definition, call)
  return rowReply(
    await db.read(scope.tenantId, async (tx) =>
      found(definition, await selectRow(tx, definition, also, { scope, id })),
    ),
  )
}

/** Creates a row. With a client's id it is safe to repeat with the same content; another content is 409. */
async function create(shop: Shop, call: Call<ResourceRoute>): Promise<Reply> {
  const { db, definition, also } = shop
  const scope = scopeInParent(definition, call)
  const { id: sent, ...body } = call.body as unknown as Values & { readonly id?: string }
  const id = clientsId(definition) ? sent : undefined
  const idempotency = readIdempotencyKey(
    call.headers['idempotency-key'],
    `${call.url.pathname}${call.url.search} ${scope.owner}`,
    call.bytes,
  )
  const answer = await db.write(scope.tenantId, async (tx) => {
    const kept = await answerOnce<KeptAnswer>(tx, scope.tenantId, idempotency, async () => {
      await requireParent(tx, definition, scope, { lock: true })
      const { owner, parentId } = scope
      const write = { caller: call.caller, owner, before: undefined, change: body, parentId }
      const values = shop.check ? await shop.check(tx, write) : body
      const made = await insertRow(tx, definition, also, { scope, id, values })
      const row = made ?? (await repeated(tx, shop, { scope, id: id ?? '', values }))
      return row.wire.length <= KEPT_BYTES ? row : { id: row.id, version: row.version }
    })
    if (kept.wire !== undefined) return { wire: kept.wire, version: kept.version }
    return found(
      definition,
      await selectRow(tx, definition, also, { scope: { ...scope, parentId: undefined }, id: kept.id }),
    )
  })
  return { ...rowReply(answer), status: definition.created ?? 201 }
}

interface KeptAnswer {
  readonly id: string
  readonly version: number
  readonly wire?: string
}

/** The row that a repeated create made. @throws {Problem} 409 when its content is another one, or when it was deleted. */
async function repeated(
  tx: Transaction<Database>,
  { definition, also }: Shop,
  sent: { readonly scope: RowScope; readonly id: string; readonly values: Values },
): Promise<FoundRow & { readonly id: string }> {
  const row = await selectRow(tx, definition, also, sent)
  if (row && (await isSame(tx, definition, sent))) return { ...row, id: sent.id }
  throw new Problem(conflict, `${definition.title} with this id exists with other content, or was deleted`)
}

async function change(shop: Shop, call: Call<ResourceRoute>): Promise<Reply> {
  const { db, definition, also } = shop
  const scope = ownScope(call)
  const id = idOf(definition, call)
  const sent = call.body as unknown as Values
  return rowReply(
    await db.write(scope.tenantId, async (tx) => {
      const row = await lockExpected(tx, shop, { scope, id, ifMatch: call.headers['if-match'] })
      const before = JSON.parse(row.wire) as Readonly<Record<string, unknown>>
      const values = shop.check
        ? await shop.check(tx, { caller: call.caller, owner: scope.owner, before, change: sent, parentId: undefined })
        : sent
      if (Object.keys(values).length === 0) return row
      return found(definition, await updateRow(tx, definition, also, { scope, id, values }))
    }),
  )
}

async function remove(shop: Shop, call: Call<ResourceRoute>): Promise<Reply> {
  const { db, definition, children } = shop
  const scope = ownScope(call)
  const id = idOf(definition, call)
  await db.write(scope.tenantId, async (tx) => {
    await lockExpected(tx, shop, { scope, id, ifMatch: call.headers['if-match'] })
    await markDeleted(tx, definition, scope, id)
    for (const child of children) await markDeleted(tx, child, { ...scope, parentId: id })
    await shop.unlink?.(tx, { ...scope, id })
  })
  return definition.removed ? { json: definition.removed.json } : {}
}

/** Locks a row. @throws {Problem} 404 when it is not there, 412 when it has another version than `If-Match` names. */
async function lockExpected(
  tx: Transaction<Database>,
  { definition, also }: Shop,
  { scope, id, ifMatch }: { readonly scope: RowScope; readonly id: string; readonly ifMatch: string | undefined },
): Promise<FoundRow> {
  const row = found(definition, await selectRow(tx, definition, also, { scope, id, lock: true }))
  if (versionExpected(ifMatch)(row.version)) return row
  throw new Problem(changed, `It is at version ${row.version} now. Read it again before you change it.`)
}

const rowReply = ({ wire, version }: FoundRow): Reply => ({ text: wire, headers: { etag: versionTag(version) } })

/** Turns a key that another row has into 409. */
async function unlessTaken(definition: Definition, run: () => Promise<Reply>): Promise<Reply> {
  try {
    return await run()
  } catch (error) {
    if (codeOf(error) !== UNIQUE_VIOLATION) throw error
    throw new Problem(conflict, `${definition.title} with these values exists`, { cause: error })
  }
}
