// The parts of the API document that pages of records are made from.

export interface FieldSchema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly FieldSchema[]
  readonly properties?: Readonly<Record<string, FieldSchema>>
  readonly required?: readonly string[]
  readonly items?: FieldSchema
  readonly maxLength?: number
  readonly description?: string
}

export interface QueryParameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly description?: string
  readonly schema?: FieldSchema
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: FieldSchema }>>
}

export interface ResourceOperation {
  readonly operationId: string
  readonly parameters?: readonly QueryParameter[]
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Content>>
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[]
}

export interface ResourceDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, ResourceOperation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, FieldSchema>> }
}

/** Follows references to the schema itself. */
export function resolved(document: ResourceDocument, schema: FieldSchema = {}): FieldSchema {
  const name = schema.$ref?.split('/').at(-1)
  return name === undefined ? schema : resolved(document, document.components.schemas[name])
}

/** The schema of the JSON of a body or of the first successful answer that has one. */
export const bodyOf = (content: Content | undefined): FieldSchema | undefined =>
  content?.content?.['application/json']?.schema
export const answerOf = ({ responses }: ResourceOperation): FieldSchema | undefined =>
  bodyOf(responses['200']) ?? bodyOf(responses['201'])

export type Kind = 'text' | 'long' | 'number' | 'flag' | 'choice' | 'json'

export interface FieldOf {
  readonly name: string
  readonly kind: Kind
  readonly isRequired: boolean
  /** The values of a choice. */
  readonly values: readonly string[]
  readonly maxLength: number | undefined
  readonly hint: string | undefined
}

const LONG = 500

/** Returns the fields of an object in the order of its definition. */
export function fieldsOf(document: ResourceDocument, schema: FieldSchema | undefined): readonly FieldOf[] {
  const { properties = {}, required = [] } = resolved(document, schema)
  return Object.entries(properties).map(([name, property]) => {
    const own = withoutNull(document, property)
    return {
      name,
      kind: kindOf(own),
      isRequired: required.includes(name),
      values: (own.enum ?? []).filter((one) => one !== null).map(String),
      maxLength: own.maxLength,
      hint: own.format === 'date' ? '2026-02-14' : own.format === 'date-time' ? '2026-02-14T06:30:00Z' : undefined,
    }
  })
}

/** Returns the schema of a value without the possibility of null. */
function withoutNull(document: ResourceDocument, schema: FieldSchema): FieldSchema {
  const own = resolved(document, schema)
  const found = own.anyOf?.find(({ type }) => type !== 'null')
  return found ? resolved(document, found) : own
}

function kindOf({ type, enum: values, maxLength = 0 }: FieldSchema): Kind {
  const types = typeof type === 'string' ? [type] : (type ?? [])
  if (values !== undefined) return 'choice'
  if (types.includes('boolean')) return 'flag'
  if (types.includes('object') || types.includes('array')) return 'json'
  if (types.includes('string')) return maxLength > LONG ? 'long' : 'text'
  return types.includes('number') || types.includes('integer') ? 'number' : 'json'
}
