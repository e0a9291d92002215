// The statements of a resource on single rows: read, insert, change, deletion.
import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'
import { columnOf, type Definition, type Parent } from './definition.ts'
import { comparable, type Expressions, own, parameter, wireRow } from './resource-columns.ts'
import { taken } from './resource-schemas.ts'
import { conjunction, idField, type RowScope, visible } from './resource-scope.ts'

type Tx = Transaction<Database>

const oneRow = (definition: Definition, scope: RowScope, id: string): RawBuilder<unknown> =>
  conjunction([visible(definition, scope), sql`${own(definition, 'id')} = ${parameter(idField(definition), id)}`])

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
