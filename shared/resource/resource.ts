// A resource: a table that a tenant's clients list, read, create, change and delete, written as data. `resource()` makes its routes, with
// their schemas, from a table of fields; resource-queries.ts and resource-handlers.ts make its statements and handlers.
import type { Selectable } from 'kysely'
import type { z } from 'zod'
import type { Database } from '../schema/index.ts'
import { type Definition, type Field, type Fields, type FieldValue, type Operation, operations } from './definition.ts'
import { type ResourceRoute, routesOf } from './resource-routes.ts'
import { answerOf } from './resource-schemas.ts'

type RouteName<Name extends string, One extends Operation> = `${Name}${Capitalize<One>}`

type ResourceRoutes<Name extends string, Only extends Operation> = {
  readonly [One in Only as RouteName<Name, One>]: ResourceRoute
}

export interface Resource<
  Name extends string = string,
  F extends Fields = Fields,
  Only extends Operation = Operation,
  Also extends string = string,
> extends Definition<F> {
  readonly name: Name
  readonly operations: readonly Only[]
  readonly also: Readonly<Record<Also, z.ZodType>>
  /** The schema of the answer about one row. */
  readonly answer: z.ZodObject
  /** `<name>List`, `…Read`, `…Create`, `…Put`, `…Patch` and `…Remove`. */
  readonly routes: ResourceRoutes<Name, Only>
}

/** Requires that each field names a column of the table whose type can hold its values. */
type InTable<Row, F extends Fields> = {
  readonly [K in keyof F]: ColumnOf<K, F[K]> extends keyof Row
    ? [NonNullable<Row[ColumnOf<K, F[K]>]>] extends [FieldValue<F[K]>]
      ? F[K]
      : { readonly type: 'the type of the column' }
    : { readonly column: keyof Row }
}

type ColumnOf<K, One extends Field> = One['column'] extends string ? One['column'] : K

type Wanted<F extends Fields, Only extends Operation, Also extends string> = Omit<Definition<F>, 'also'> & {
  readonly only?: readonly Only[]
  readonly also?: Readonly<Record<Also, z.ZodType>>
}

/** Makes `resource` for the tables of a database. */
export const resourcesIn =
  <Tables>() =>
  <
    const Name extends string,
    const Table extends keyof Tables & string,
    const F extends Fields,
    const Only extends Operation = Operation,
    const Also extends string = never,
  >(
    name: Name,
    wanted: Wanted<F, Only, Also> & {
      readonly table: Table
      readonly fields: InTable<Selectable<Tables[Table]>, F>
    },
  ): Resource<Name, F, Only, Also> => {
    const { only, also, ...rest } = wanted as Wanted<F, Only, Also>
    const definition = { ...rest, also: also ?? ({} as Readonly<Record<Also, z.ZodType>>) }
    checkOrder(name, definition)
    const chosen = only ?? (operations as unknown as readonly Only[])
    const answer = answerOf(definition).meta({ title: definition.title })
    const all = routesOf(definition, answer)
    const routes = Object.fromEntries(chosen.map((one) => [`${name}${capitalized(one)}`, all[one]]))
    return { ...definition, name, answer, operations: chosen, routes: routes as unknown as ResourceRoutes<Name, Only> }
  }

/**
 * Defines a resource. A column that does not exist, or whose type cannot hold the field's values, does not compile.
 * @throws {Error} for an order by a field that may be null and has no generated column to sort by: a cursor over a column that may be null
 * is a filter instead of an index condition, so a page reads everything before it.
 */
export const resource = resourcesIn<Database>()

function checkOrder(name: string, { order, fields, also }: Definition): void {
  for (const text of order) {
    const key = text.replace(/^-/, '')
    const field = fields[key]
    if (!field) throw new Error(`the resource ${name} is ordered by ${key}: it has no such field`)
    if (field.optional && field.sort === undefined)
      throw new Error(`the resource ${name} is ordered by ${key}, which may be null: give it a generated column`)
  }
  const shown = Object.keys(fields).length + Object.keys(also).length + 1
  if (shown > MAX_FIELDS) throw new Error(`the resource ${name} has ${shown} fields, more than ${MAX_FIELDS}`)
}

/** `json_build_object` takes 100 arguments. */
const MAX_FIELDS = 50

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
