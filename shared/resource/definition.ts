// The definition of a resource: its fields and columns, its key, its parent, its pages.
import type { z } from 'zod'
import type { Role, TenantScope } from '../base/wire.ts'
import type { Envelope } from './envelopes.ts'

/** Types of columns. The value of a column is answered in the form of the wire: `06:30`, an instant with microseconds and `Z`. */
export type ColumnType =
  | 'text'
  | 'uuid'
  | 'smallint'
  | 'int'
  | 'bigint'
  | 'float8'
  | 'numeric'
  | 'boolean'
  | 'date'
  | 'time'
  | 'timestamptz'
  | 'jsonb'
  | 'text[]'
  | 'int[]'
  | 'uuid[]'

/** A field of the answer, and of the body unless it is given. */
export interface Field {
  /** Rule of a value that is not null. An instant is a `timestamp`, in microseconds since 1970. */
  readonly schema: z.ZodType
  /** Default: the field's name. */
  readonly column?: string
  /** Default: text. */
  readonly type?: ColumnType
  /** The column, a smallint, holds the place of the value in this list, so that rows are in its order. */
  readonly ranks?: readonly string[]
  /** The column may be null: a change to null empties it. */
  readonly optional?: true
  /** Value of a create that does not send it. */
  readonly default?: unknown
  /** A list takes `?<name>=`, or `?<name>_from=` and `?<name>_to=`, both inclusive. */
  readonly filter?: 'equals' | 'range'
  /** Generated column of the same type that a list is ordered by instead; it is never null. */
  readonly sort?: string
  /** Answered, never taken from a body. */
  readonly given?: true
  /** A number that is answered as text, with every decimal of its column. */
  readonly asText?: true
}

export type Fields = Readonly<Record<string, Field>>

/** The TypeScript type of a column's value as the driver answers it. */
export type FieldValue<One extends Field> = One['type'] extends 'smallint' | 'int' | 'float8'
  ? number
  : One['type'] extends 'boolean'
    ? boolean
    : One['type'] extends 'jsonb'
      ? unknown
      : One['type'] extends 'int[]'
        ? readonly number[]
        : One['type'] extends 'text[]' | 'uuid[]'
          ? readonly string[]
          : string

/** The row that each row of a resource belongs to, named by a parameter of the query: `?project_id=`. */
export interface Parent {
  readonly parameter: string
  /** Column of the resource that holds the parent's id. */
  readonly column: string
  readonly table: string
  readonly id: 'int' | 'uuid' | z.ZodType
  /** Named in messages: "Project not found". */
  readonly title: string
  readonly owned?: true
}

export interface Definition<F extends Fields = Fields> {
  /** Named in messages ("Shot not found") and in the summaries of its routes. */
  readonly title: string
  readonly path: string
  readonly scopes: { readonly read: TenantScope; readonly write: TenantScope }
  readonly table: string
  /**
   * Each statement names the `owner`, which is part of the key: the user of the token. A key has rows of its own, and acts for the user that
   * `?user_id=` names.
   */
  readonly owned?: true
  /** The least roles of users that may call its routes; `true`: every user. Default: as for any route. */
  readonly users?: true | { readonly read: true | Role; readonly write: true | Role }
  /** `int` or `uuid`: given by the database. A rule: the client names the row, and a repeated create is safe. Default: `int`. */
  readonly id?: 'int' | 'uuid' | z.ZodType
  /** Name of the id in the path. Default: `id`. */
  readonly parameter?: string
  readonly parent?: Parent
  readonly fields: F
  /** Further parameters of a list, whose conditions the handlers are given. */
  readonly filters?: Readonly<Record<string, z.ZodType>>
  /** Fields computed by an SQL expression, which the handlers are given. */
  readonly also: Readonly<Record<string, z.ZodType>>
  /** Fields that a list is ordered by, `-` for descending; the id comes last. */
  readonly order: readonly (keyof F | `-${keyof F & string}`)[] & readonly string[]
  readonly page: { readonly limit: number; readonly max: number; readonly envelope: Envelope }
  /** Status of a create. Default: 201. */
  readonly created?: 200 | 201
  /** Body of the answer to a DELETE. Default: none, with 204. */
  readonly removed?: { readonly schema: z.ZodType; readonly json: unknown }
  readonly maxBytes?: number
}

export const operations = ['list', 'read', 'create', 'put', 'patch', 'remove'] as const
export type Operation = (typeof operations)[number]

/** The column of a field. */
export const columnOf = (name: string, { column }: Field): string => column ?? name
