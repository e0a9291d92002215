// Converts the contracts' zod schemas to JSON Schema (2020-12).
import { type JsonSchema, wireSchemas } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'

export interface SchemaOptions {
  /** `input`: what a request may send; `output`: what an answer holds. */
  readonly io: 'input' | 'output'
  /** Fields that the schema does not name are refused. A document leaves them open, so that a new field breaks no client. */
  readonly closed?: true
}

/** Keywords with words about a rule. A rule whose JSON Schema is written by hand retains them. */
const SAID = ['title', 'description', 'default', 'examples']

/** The JSON Schema of a zod schema, without references. */
export function jsonSchemaOf(schema: z.ZodType, { io, closed }: SchemaOptions): JsonSchema {
  const made: Record<string, unknown> = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    reused: 'inline',
    override({ zodSchema, jsonSchema }) {
      const json = jsonSchema as Record<string, unknown>
      replaceBy(wireSchemas.get(zodSchema), json)
      // zod leaves the default of a rule that transforms out of what is sent.
      const { def } = zodSchema._zod
      if (def.type === 'default') json['default'] = def.defaultValue
      // zod derives this keyword, which would mean that a field occurs only in answers.
      delete json['readOnly']
      if (io === 'output' && closed === undefined && json['additionalProperties'] === false)
        delete json['additionalProperties']
      delete json['propertyNames']
      if (json['minimum'] === Number.MIN_SAFE_INTEGER) delete json['minimum']
    },
  })
  delete made['$schema']
  visit(made)
  return made
}

function replaceBy(given: JsonSchema | undefined, json: Record<string, unknown>): void {
  if (!given) return
  for (const key of Object.keys(json)) if (!SAID.includes(key)) delete json[key]
  Object.assign(json, given)
}

/** Moves each part that has a title into `components`, and leaves a reference. @throws {Error} when two parts differ that have one title. */
export function hoist(node: unknown, components: Record<string, unknown>): unknown {
  if (Array.isArray(node)) return node.map((member) => hoist(member, components))
  if (typeof node !== 'object' || node === null) return node
  const parts = Object.entries(node).map(([key, part]) => [key, key === 'example' ? part : hoist(part, components)])
  const copy = Object.fromEntries(parts) as Record<string, unknown>
  const { title, description, ...rest } = copy
  if (typeof title !== 'string' || copy['type'] !== 'object') return copy
  const before = components[title]
  if (before !== undefined && JSON.stringify(before) !== JSON.stringify(rest))
    throw new Error(`two schemas that differ have the title ${title}`)
  components[title] = rest
  const reference = { $ref: `#/components/schemas/${title}` }
  return typeof description === 'string' ? { ...reference, description } : reference
}

/** Joins null to each simple value within a schema. zod calls `override` before the parts of a schema are complete. */
function visit(node: unknown): void {
  if (typeof node !== 'object' || node === null) return
  for (const part of Object.values(node)) visit(part)
  if (!Array.isArray(node)) joinNull(node as Record<string, unknown>)
}

/** Types that a `type` keyword can list together with `null`. */
const SIMPLE = ['string', 'integer', 'number', 'boolean']

/** Writes "a simple value or null" as one schema, so that its limits are at the field itself. An `enum` remains as it is. */
export function joinNull(json: Record<string, unknown>): void {
  const [value, other, ...more] = Array.isArray(json['anyOf']) ? (json['anyOf'] as JsonSchema[]) : []
  if (!value || other?.['type'] !== 'null' || more.length > 0) return
  if (!SIMPLE.includes(String(value['type'])) || 'enum' in value || 'const' in value) return
  delete json['anyOf']
  Object.assign(json, { ...value, ...json, type: [value['type'], 'null'] })
}
