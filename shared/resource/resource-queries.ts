// The statements of a resource: a page with its total, one row, insert, change, deletion.
import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'
import { columnOf, type Definition, type Field, type Parent } from './definition.ts'
import { comparable, type Expressions, own, parameter, wireRow } from './resource-columns.ts'
import { taken } from './resource-schemas.ts'

type Tx = Transaction<Database>

/** The rows that a caller may see: those of its tenant, of its owner where the resource has owners, and of the parent that it names. */
export interface RowScope {
  readonly tenantId: number
  readonly owner: string
  readonly parentId: string | undefined
}

export interface Filter {
  readonly field: string
  readonly compare: '=' | '>=' | '<='
  readonly value: unknown
}

export interface PageAsk {
  readonly scope: RowScope
  readonly filters: readonly Filter[]
  readonly skip: number
  readonly limit: number
  /** The columns of the order, and the id, of the row before the page. */
  readonly after: readonly string[] | undefined
}

export interface PageRow {
  /** The answer about the row, as JSON. */
  readonly wire: string
  readonly place: readonly string[]
}

interface OrderColumn {
  readonly column: RawBuilder<unknown>
  readonly field: Pick<Field, 'type'>
  readonly descending: boolean
}

const idField = ({ id = 'int' }: Pick<Definition | Parent, 'id'>): Pick<Field, 'type'> => ({
  type: typeof id === 'object' ? 'text' : id,
})

const conjunction = (parts: readonly RawBuilder<unknown>[]): RawBuilder<unknown> => sql.join(parts, sql` and `)

/** The rows of a scope that are not deleted. */
function visible(definition: Definition, { tenantId, owner, parentId }: RowScope): RawBuilder<unknown> {
  const { owned, parent } = definition
  return conjunction([
    sql`${own(definition, 'tenant_id')} = ${tenantId}::int`,
    ...(owned ? [sql`${own(definition, 'owner')} = ${owner}::text`] : []),
    ...(parent && parentId !== undefined
      ? [sql`${own(definition, parent.column)} = ${parameter(idField(parent), parentId)}`]
      : []),
    sql`${own(definition, 'deleted_at')} is null`,
  ])
}

const oneRow = (definition: Definition, scope: RowScope, id: string): RawBuilder<unknown> =>
  conjunction([visible(definition, scope), sql`${own(definition, 'id')} = ${parameter(idField(definition), id)}`])

function orderOf(definition: Definition): readonly OrderColumn[] {
  const fields = definition.order.map((text) => {
    const name = text.replace(/^-/, '')
    const field = definition.fields[name] as Field
    return { column: own(definition, field.sort ?? columnOf(name, field)), field, descending: text.startsWith('-') }
  })
  return [...fields, { column: own(definition, 'id'), field: idField(definition), descending: false }]
}

interface PageResult {
  readonly total: number
  readonly wire: string | null
  readonly place: readonly string[] | null
}

/**
 * A page and the number of all rows that match, of one statement, hence of one snapshot. `limit` and one row more are read, so that it is
 * known whether the page is the last.
 */
export async function selectPage(
  tx: Tx,
  definition: Definition,
  also: Expressions,
  ask: PageAsk,
): Promise<{ readonly total: number; readonly rows: readonly PageRow[] }> {
  const { rows } = await pageStatement(definition, also, ask).execute(tx)
  const found = rows.flatMap(({ wire, place }) => (wire === null || place === null ? [] : [{ wire, place }]))
  return { total: rows[0]?.total ?? 0, rows: found }
}

/** The statement of a page. It answers one row without a page when no row matches. */
export function pageStatement(
  definition: Definition,
  also: Expressions,
  { scope, filters, skip, limit, after }: PageAsk,
): RawBuilder<PageResult> {
  const order = orderOf(definition)
  const matches = conjunction([visible(definition, scope), ...filters.map((filter) => matching(definition, filter))])
  const from = after ? sql`${matches} and ${beyond(order, after)}` : matches
  const table = sql.table(definition.table)
  const place = sql`array[${sql.join(order.map(({ column }) => sql`${column}::text`))}]`
  const by = byOrder(order)
  return sql<PageResult>`
    select counted.total, page.wire, page.place
    from (select count(*)::int as total from ${table} where ${matches}) counted
    left join (
      select ${wireRow(definition, also)} as wire, ${place} as place, row_number() over (${by}) as number
      from ${table} where ${from} ${by} limit ${limit + 1}::int offset ${skip}::int
    ) page on true
    order by page.number`
}

function matching(definition: Definition, { field: name, compare, value }: Filter): RawBuilder<unknown> {
  const field = definition.fields[name] as Field
  return sql`${own(definition, columnOf(name, field))} ${sql.raw(compare)} ${parameter(field, value)}`
}

const byOrder = (order: readonly OrderColumn[]): RawBuilder<unknown> =>
  sql`order by ${sql.join(order.map(({ column, descending }) => sql`${column} ${sql.raw(descending ? 'desc' : 'asc')}`))}`

/**
 * The rows behind a place. The first column alone bounds the scan of the index; the rest is compared where columns before it are equal, in
 * nested form, because one comparison of whole rows needs one direction.
 */
function beyond(order: readonly OrderColumn[], place: readonly string[]): RawBuilder<unknown> {
  const [first, ...rest] = order.map(({ column, field, descending }, i) => ({
    column,
    value: parameter(field, place[i]),
    beyond: sql.raw(descending ? '<' : '>'),
  }))
  if (!first) throw new Error('an order ends with the id')
  const nested = rest.reduceRight<RawBuilder<unknown> | undefined>(
    (inner, one) =>
      inner
        ? sql`(${one.column} ${one.beyond} ${one.value} or (${one.column} = ${one.value} and ${inner}))`
        : sql`${one.column} ${one.beyond} ${one.value}`,
    undefined,
  )
  if (!nested) return sql`${first.column} ${first.beyond} ${first.value}`
  return sql`${first.column} ${first.beyond}= ${first.value} and (${first.column} ${first.beyond} ${first.value} or ${nested})`
}

export interface FoundRow {
  readonly wire: string
  readonly version: number
}

/** One row that is not deleted. `lock`: nobody else changes it before the transaction ends. */
export async function selectRow(
  tx: Tx,
  definition: Definition,
  also: Expressions,
  asked: RowAsk,
): Promise<FoundRow | undefined> {
  return (await rowStatement(definition, also, asked).execute(tx)).rows[0]
}

interface RowAsk {
  readonly scope: RowScope
  readonly id: string
  readonly lock?: boolean
}

/** The statement that reads one row. The parameter is cast and not the column, so that the key finds the row. */
export const rowStatement = (
  definition: Definition,
  also: Expressions,
  { scope, id, lock = false }: RowAsk,
): RawBuilder<FoundRow> => sql<FoundRow>`
  select ${wireRow(definition, also)} as wire, ${own(definition, 'version')} as version
  from ${sql.table(definition.table)} where ${oneRow(definition, scope, id)} ${lock ? sql`for update` : sql``}`

/** Returns whether the parent is there. With `lock` it cannot be deleted before the transaction ends. */
export async function hasParent(
  tx: Tx,
  parent: Parent,
  { tenantId, owner, parentId }: RowScope,
  lock: boolean,
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from ${sql.table(parent.table)} where tenant_id = ${tenantId}::int
      ${parent.owned ? sql`and owner = ${owner}::text` : sql``}
      and id = ${parameter(idField(parent), parentId)} and deleted_at is null ${lock ? sql`for share` : sql``}`.execute(
    tx,
  )
  return rows.length > 0
}

/** Inserts a row; undefined when a client's id is taken. Concurrent inserts of one id wait for each other. */
export async function insertRow(
  tx: Tx,
  definition: Definition,
  also: Expressions,
  { scope, id, values }: { readonly scope: RowScope; readonly id: string | undefined; readonly values: Values },
): Promise<(FoundRow & { readonly id: string }) | undefined> {
  const columns = sentColumns(definition, scope, id, values)
  const taken = id === undefined ? sql`` : sql`on conflict do nothing`
  const { rows } = await sql<FoundRow & { readonly id: string }>`
    insert into ${sql.table(definition.table)} (${sql.join(columns.map(({ column }) => sql.ref(column)))})
    values (${sql.join(columns.map(({ value }) => value))}) ${taken}
    returning ${own(definition, 'id')}::text as id, ${own(definition, 'version')} as version, ${wireRow(definition, also)} as wire`.execute(
    tx,
  )
  return rows[0]
}

/** Values by field. */
export type Values = Readonly<Record<string, unknown>>

function sentColumns(definition: Definition, scope: RowScope, id: string | undefined, values: Values) {
  const { owned, parent } = definition
  return [
    { column: 'tenant_id', value: sql`${scope.tenantId}::int` },
    ...(owned ? [{ column: 'owner', value: sql`${scope.owner}::text` }] : []),
    ...(id === undefined ? [] : [{ column: 'id', value: parameter(idField(definition), id) }]),
    ...(parent ? [{ column: parent.column, value: parameter(idField(parent), scope.parentId) }] : []),
    ...taken(definition).map(([name, field]) => ({
      column: columnOf(name, field),
      value: parameter(field, values[name]),
    })),
  ]
}

/**
 * Returns whether a create has the content of the row that is there. Both are compared in the form of the wire: `06:30` is `06:30:00`.
 */
export async function isSame(
  tx: Tx,
  definition: Definition,
  { scope, id, values }: { readonly scope: RowScope; readonly id: string; readonly values: Values },
): Promise<boolean> {
  const sent = sentColumns(definition, scope, id, values).map(
    ({ column, value }) => sql`${value} as ${sql.ref(column)}`,
  )
  const { rows } = await sql<{ same: boolean | null }>`
    select (select ${comparable(definition)} from ${sql.table(definition.table)} where ${oneRow(definition, scope, id)})
      = (select ${comparable(definition)} from (select ${sql.join(sent)}) as ${sql.ref(definition.table)}) as same`.execute(
    tx,
  )
  return rows[0]?.same === true
}

/** Changes the fields that are given of a row that is locked. */
export async function updateRow(
  tx: Tx,
  definition: Definition,
  also: Expressions,
  { scope, id, values }: { readonly scope: RowScope; readonly id: string; readonly values: Values },
): Promise<FoundRow | undefined> {
  const changes = taken(definition).flatMap(([name, field]) =>
    Object.hasOwn(values, name) ? [sql`${sql.ref(columnOf(name, field))} = ${parameter(field, values[name])}`] : [],
  )
  const { rows } = await sql<FoundRow>`
    update ${sql.table(definition.table)} set ${sql.join(changes)} where ${oneRow(definition, scope, id)}
    returning ${own(definition, 'version')} as version, ${wireRow(definition, also)} as wire`.execute(tx)
  return rows[0]
}

/** Marks a row as deleted, or with `parentId` every row of a parent. Retention removes rows that have been deleted for long. */
export async function markDeleted(tx: Tx, definition: Definition, scope: RowScope, id?: string): Promise<void> {
  await sql`update ${sql.table(definition.table)}
    set deleted_at = clock_timestamp(), deleted_by = current_setting('app.actor', true)
    where ${id === undefined ? visible(definition, scope) : oneRow(definition, scope, id)}`.execute(tx)
}

/** Returns the ids of a table that are there, of those that a body refers to. They cannot be deleted before the transaction ends. */
export async function existingIds(
  tx: Tx,
  definition: Definition,
  scope: RowScope,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const { type } = idField(definition)
  const { rows } = await sql<{ id: string }>`
    select ${own(definition, 'id')}::text as id from ${sql.table(definition.table)}
    where ${visible(definition, scope)} and ${own(definition, 'id')} = any (${ids}::${sql.raw(`${type}[]`)}) for share`.execute(
    tx,
  )
  return new Set(rows.map(({ id }) => id))
}
