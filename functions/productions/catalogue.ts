// The catalogue of gear, which all tenants read.
import { notFound, Problem } from '@penstock/shared/base/problem.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { Call, Reply } from '@penstock/shared/http/service.ts'
import { invalidRequest } from '@penstock/shared/http/validation.ts'
import { nextPageLink } from '@penstock/shared/resource/sealed-place.ts'
import type { routes } from './contract.ts'
import { type ItemRow, selectBrands, selectCategories, selectItem, selectItems } from './queries.ts'

type Routes = typeof routes
type ListCall = Call<Routes['categories' | 'brands' | 'items']>

/** It changes rarely, and nothing in it belongs to a tenant. */
const cached = { 'cache-control': 'private, max-age=3600' }
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Lists categories in the order of their slugs. */
export async function categories(db: PenstockDatabase, call: Call<Routes['categories']>): Promise<Reply> {
  const rows = await db.read(call.caller.tenant.id, (tx) => selectCategories(tx, askOf(call)))
  return page(call, rows, ({ slug }) => slug)
}

/** Lists brands in the order of their names. */
export async function brands(db: PenstockDatabase, call: Call<Routes['brands']>): Promise<Reply> {
  const rows = await db.read(call.caller.tenant.id, (tx) => selectBrands(tx, call.query.category_id, askOf(call)))
  return page(call, rows, ({ name }) => name)
}

/** Lists items in the order of their ids. @throws {Problem} 422 for a cursor that this list did not make. */
export async function items(db: PenstockDatabase, call: Call<Routes['items']>): Promise<Reply> {
  const { cursor } = call.query
  if (cursor !== undefined && !UUID.test(cursor))
    throw invalidRequest([{ pointer: '?cursor', detail: 'must be from a Link of this list' }])
  const rows = await db.read(call.caller.tenant.id, (tx) => selectItems(tx, call.query, askOf(call)))
  return page(call, rows, ({ id }) => id)
}

/** Reads one item. @throws {Problem} 404 when there is none. */
export async function item(
  db: PenstockDatabase,
  { caller, params }: Call<Routes['item' | 'itemSpecs']>,
): Promise<ItemRow> {
  const { id = '' } = params
  const found = UUID.test(id) ? await db.read(caller.tenant.id, (tx) => selectItem(tx, id)) : undefined
  if (!found) throw new Problem(notFound, 'Item not found')
  return found
}

/** The reply about something of the catalogue. */
export const catalogued = (json: unknown): Reply => ({ json, headers: cached })

/** One row more than the page shows whether it is the last. */
const askOf = ({ query: { limit, cursor } }: ListCall) => ({ limit: limit + 1, after: cursor })

function page<Row>(call: ListCall, rows: readonly Row[], placeOf: (row: Row) => string): Reply {
  const shown = rows.slice(0, call.query.limit)
  const last = shown.at(-1)
  const link = rows.length > shown.length && last ? { link: nextPageLink(call.url, placeOf(last)) } : {}
  return { json: shown, headers: { ...cached, ...link } }
}
