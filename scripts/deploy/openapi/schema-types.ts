// Writes JSON Schemas of the API document as types of TypeScript. It knows the keywords that our documents use, and refuses others.

/** A JSON Schema as the document contains it. */
export type Schema = Readonly<Record<string, unknown>>

/** Keywords that limit the values of a type or only describe it. They have no counterpart in TypeScript. */
const LIMITS = new Set(
  'minLength maxLength pattern minimum maximum exclusiveMinimum exclusiveMaximum default format minItems maxItems minProperties maxProperties multipleOf contentEncoding description title example examples required'.split(
    ' ',
  ),
)
const SHAPES = new Set(
  'type enum const anyOf oneOf $ref items properties additionalProperties patternProperties'.split(' '),
)

/** Returns the type of a schema. @throws {Error} with the name of a keyword that it does not know. */
export function typeOf(schema: Schema): string {
  const unknown = Object.keys(schema).find((key) => !LIMITS.has(key) && !SHAPES.has(key))
  if (unknown !== undefined) throw new Error(`a schema of the API has the keyword ${unknown}, which has no type yet`)
  if (typeof schema['$ref'] === 'string') return schema['$ref'].split('/').at(-1) ?? 'unknown'
  if ('const' in schema) return literal(schema['const'])
  if (Array.isArray(schema['enum'])) return schema['enum'].map(literal).join(' | ')
  const choices = (schema['anyOf'] ?? schema['oneOf']) as readonly Schema[] | undefined
  if (choices) return choices.map(typeOf).join(' | ')
  const { type } = schema
  if (Array.isArray(type)) return type.map((name) => typeOf({ ...schema, type: name as unknown })).join(' | ')
  return ofKind(schema, type)
}

function ofKind(schema: Schema, type: unknown): string {
  if (type === 'array') return `readonly (${typeOf((schema['items'] ?? {}) as Schema)})[]`
  if (type === 'object') return objectType(schema)
  if (type === 'integer') return schema['format'] === 'int64' && !('maximum' in schema) ? 'number | bigint' : 'number'
  return ['string', 'number', 'boolean', 'null'].includes(String(type)) ? String(type) : 'unknown'
}

function objectType(schema: Schema): string {
  const properties = schema['properties'] as Readonly<Record<string, Schema>> | undefined
  if (properties) {
    const required = (schema['required'] ?? []) as readonly string[]
    return membersOf(Object.entries(properties).map(([name, part]) => [name, typeOf(part), required.includes(name)]))
  }
  const patterns = Object.values((schema['patternProperties'] ?? {}) as Readonly<Record<string, Schema>>)
  const rest = patterns[0] ?? schema['additionalProperties']
  return `Readonly<Record<string, ${typeof rest === 'object' ? typeOf(rest as Schema) : 'unknown'}>>`
}

/** Returns an object type of members: a name, a type, and whether it must be there. */
export function membersOf(members: readonly (readonly [name: string, type: string, required: boolean])[]): string {
  const lines = members.map(
    ([name, type, required]) =>
      `readonly ${quoted(name)}${required ? '' : '?'}: ${type}${required ? '' : ' | undefined'}`,
  )
  return `{ ${lines.join('; ')} }`
}

const quoted = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : literal(name))

export const literal = (value: unknown): string =>
  typeof value === 'string' ? `'${value.replaceAll(/['\\]/g, String.raw`\$&`)}'` : JSON.stringify(value)
