// Columns of a resource as SQL: their names come from the definition, and values are parameters with casts.
import { type RawBuilder, sql } from 'kysely'
import { formatTimestamp } from '../base/time.ts'
import { type ColumnType, columnOf, type Definition, type Field } from './definition.ts'
import { taken } from './resource-schemas.ts'

/** Expressions of the fields in `also`, which refer to the table by its name. */
export type Expressions = Readonly<Record<string, RawBuilder<unknown>>>

/** A reference to a column of the resource's own table. */
export const own = ({ table }: Pick<Definition, 'table'>, column: string): RawBuilder<unknown> =>
  sql.ref(`${table}.${column}`)

/** The value of a field as a parameter of its column's type. */
export function parameter(
  { type = 'text', ranks }: Pick<Field, 'type' | 'ranks'>,
  value: unknown,
): RawBuilder<unknown> {
  const placed = ranks && typeof value === 'string' ? ranks.indexOf(value) : value
  const sent = placed === null || placed === undefined ? null : toParameter(type, placed)
  return sql`${sent}::${sql.raw(type)}`
}

function toParameter(type: ColumnType, value: unknown): unknown {
  if (type === 'timestamptz' && typeof value === 'number') return formatTimestamp(value)
  if (type === 'jsonb') return JSON.stringify(value)
  return type.endsWith('[]') ? value : String(value)
}

/** The whole answer about a row as JSON, in the form of the wire. PostgreSQL writes it, so decimals keep all their digits. */
export function wireRow(definition: Definition, also: Expressions): RawBuilder<string> {
  const fields = Object.entries(definition.fields).map(([name, field]) =>
    pair(name, wireValue(definition, name, field)),
  )
  const computed = Object.keys(definition.also).map((name) => pair(name, also[name] ?? sql`null`))
  return sql<string>`json_build_object(${sql.join([pair('id', own(definition, 'id')), ...fields, ...computed])})::text`
}

/** The fields that a client sends, in the form of the wire: two rows are the same when these are equal. */
export const comparable = (definition: Definition): RawBuilder<unknown> =>
  sql`jsonb_build_object(${sql.join(taken(definition).map(([name, field]) => pair(name, wireValue(definition, name, field))))})`

const pair = (name: string, value: RawBuilder<unknown>): RawBuilder<unknown> => sql`${sql.lit(name)}, ${value}`

function wireValue(definition: Definition, name: string, field: Field): RawBuilder<unknown> {
  const column = own(definition, columnOf(name, field))
  if (field.ranks) return sql`(array[${sql.join(field.ranks.map((rank) => sql.lit(rank)))}])[${column} + 1]`
  if (field.asText) return sql`${column}::text`
  if (field.type === 'time') return sql`to_char(${column}, 'HH24:MI')`
  if (field.type === 'timestamptz') return sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
  return column
}
