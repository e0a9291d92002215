// The schemas of a resource's bodies, queries and answers, made from its fields.
import { z } from 'zod'
import { text } from '../base/wire.ts'
import { uuid, wireInstant } from '../base/wire-schema.ts'
import type { Definition, Field } from './definition.ts'

const MAX_INT = 2_147_483_647
const rowId = z.int().min(1).max(MAX_INT)

/** The rule of a client's id; undefined where the database gives it. */
export const clientsId = ({ id }: Pick<Definition, 'id'>): z.ZodType | undefined =>
  typeof id === 'object' ? id : undefined

/** The answer about one row. */
export function answerOf(definition: Definition): z.ZodObject {
  const { fields, also, id = 'int' } = definition
  const answered = Object.entries(fields).map(([name, field]) => [name, answeredField(field)] as const)
  const idSchema = id === 'int' ? rowId : id === 'uuid' ? uuid : id
  return z.object({ id: idSchema, ...Object.fromEntries(answered), ...also })
}

function answeredField({ schema, type, optional }: Field): z.ZodType {
  const value = type === 'timestamptz' ? wireInstant : schema
  return optional ? value.nullable() : value
}

/** The body of a create: every field that is not given. */
export function createOf(definition: Definition): z.ZodObject {
  const id = clientsId(definition)
  const fields = taken(definition).map(([name, field]) => [name, created(field)] as const)
  return z.object({ ...(id ? { id } : {}), ...Object.fromEntries(fields) })
}

function created(field: Field): z.ZodType {
  const { schema, optional } = field
  if (Object.hasOwn(field, 'default')) return schema.nullish().transform((value: unknown) => value ?? field.default)
  return optional ? schema.nullish().transform((value: unknown) => value ?? null) : schema
}

/** The body of a change: the same fields, each optional, and null only where the column may be null. */
export function changeOf(definition: Definition): z.ZodObject {
  const fields = taken(definition).map(
    ([name, { schema, optional }]) => [name, (optional ? schema.nullable() : schema).optional()] as const,
  )
  return z.object(Object.fromEntries(fields))
}

/** The filters of a list. */
export function filtersOf({
  fields,
  filters: further = {},
}: Pick<Definition, 'fields' | 'filters'>): Readonly<Record<string, z.ZodType>> {
  const filters = Object.entries(fields).flatMap(([name, { schema, filter }]) => {
    if (filter === 'equals') return [[name, schema.optional()] as const]
    if (filter === 'range') return [`${name}_from`, `${name}_to`].map((one) => [one, schema.optional()] as const)
    return []
  })
  const others = Object.entries(further).map(([name, schema]) => [name, schema.optional()] as const)
  return Object.fromEntries([...filters, ...others])
}

/** The most characters of an owner, as of the subject of a user's token. */
const MAX_OWNER = 100

/** The parameter that names the owner of rows for a key, which acts for its users. */
export const ownerQuery = ({ owned }: Pick<Definition, 'owned'>): Readonly<Record<string, z.ZodType>> =>
  owned
    ? {
        user_id: text(MAX_OWNER)
          .optional()
          .describe('The user for whom a key acts. A token acts for its own user alone.'),
      }
    : {}

/** The fields that a client may send. */
export const taken = ({ fields }: Pick<Definition, 'fields'>): readonly (readonly [string, Field])[] =>
  Object.entries(fields).filter(([, { given }]) => given !== true)
