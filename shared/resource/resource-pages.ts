// The statements that read many rows of a resource: a page with its total, and the first rows as one array.
import { type RawBuilder, sql, type Transaction } from 'kysely'
import { invalidRequest } from '../http/validation.ts'
import type { Database } from '../schema/index.ts'
import { columnOf, type Definition, type Field } from './definition.ts'
import { type Expressions, own, parameter, wireRow } from './resource-columns.ts'
import { conjunction, idField, type RowScope, visible } from './resource-scope.ts'

export interface Filter {
  readonly field: string
  readonly compare: '=' | '>=' | '<='
  readonly value: unknown
  /** The condition of a parameter that is not a field. */
  readonly condition?: RawBuilder<unknown>
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

function orderOf(definition: Definition): readonly OrderColumn[] {
  const fields = definition.order.map((text) => {
    const name = text.replace(/^-/, '')
    const field = definition.fields[name] as Field
    // Values of the order are compared as they are stored, so a rank stays a number.
    const { type = 'text' } = field
    const column = own(definition, field.sort ?? columnOf(name, field))
    return { column, field: { type }, descending: text.startsWith('-') }
  })
  return [...fields, { column: own(definition, 'id'), field: idField(definition), descending: false }]
}

interface PageResult {
  readonly total: number
  /** Bytes of all rows of the page. With more than `MAX_BYTES`, `wire` is null. */
  readonly bytes: number | null
  readonly wire: string | null
  readonly place: readonly string[] | null
}

/** The most bytes of the rows of an answer. The database counts them, and sends none of a longer answer. */
const MAX_BYTES = 8 * 1024 * 1024

/**
 * A page and the number of all rows that match, of one statement, hence of one snapshot. `limit` and one row more are read, so that it is
 * known whether the page is the last.
 * @throws {Problem} 422 for a page of more than 8 MiB.
 */
export async function selectPage(
  tx: Transaction<Database>,
  definition: Definition,
  also: Expressions,
  ask: PageAsk,
): Promise<{ readonly total: number; readonly rows: readonly PageRow[] }> {
  const { rows } = await pageStatement(definition, also, ask).execute(tx)
  const bytes = rows[0]?.bytes ?? 0
  if (bytes > MAX_BYTES)
    throw invalidRequest([
      {
        pointer: '?limit',
        detail: `must be smaller: the rows of this page have ${bytes} bytes, more than ${MAX_BYTES}`,
      },
    ])
  const found = rows.flatMap(({ wire, place }) => (wire === null || place === null ? [] : [{ wire, place }]))
  return { total: rows[0]?.total ?? 0, rows: found }
}

/**
 * The statement of a page. It answers one row without a page when no row matches. The rows are chosen first, in a subquery with the name
 * of the table, and become answers after that: rows that `skip` leaves out are never written as JSON, and where no index has the order,
 * a sort holds no more rows than the page has.
 */
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
    select counted.total, page.bytes::float8 as bytes, page.place, case when page.bytes <= ${MAX_BYTES}::int then page.wire end as wire
    from (select count(*)::int as total from ${table} where ${matches}) counted
    left join (
      select found.*, sum(octet_length(found.wire)) over () as bytes from (
        select ${wireRow(definition, also)} as wire, ${place} as place, row_number() over (${by}) as number
        from (select * from ${table} where ${from} ${by} limit ${limit + 1}::int offset ${skip}::int) as ${table}
      ) found
    ) page on true
    order by page.number`
}

/**
 * The first rows of a scope in their order, as an expression that is one JSON array. It is null when they have more bytes than an answer
 * may have.
 */
export function arrayOf(
  definition: Definition,
  also: Expressions,
  { scope, limit }: Pick<PageAsk, 'scope' | 'limit'>,
): RawBuilder<string | null> {
  const by = byOrder(orderOf(definition))
  const table = sql.table(definition.table)
  return sql`(
    select case when coalesce(max(counted.bytes), 0) <= ${MAX_BYTES}::int
      then '[' || coalesce(string_agg(counted.wire, ',' order by counted.number) filter (where counted.bytes <= ${MAX_BYTES}::int), '') || ']'
    end
    from (
      select found.*, sum(octet_length(found.wire)) over () as bytes from (
        select ${wireRow(definition, also)} as wire, row_number() over (${by}) as number
        from (select * from ${table} where ${visible(definition, scope)} ${by} limit ${limit}::int) as ${table}
      ) found
    ) counted)`
}

function matching(definition: Definition, { field: name, compare, value, condition }: Filter): RawBuilder<unknown> {
  if (condition) return condition
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
