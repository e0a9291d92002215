// The API document (OpenAPI 3.1.1), made from the contracts.
import { readFileSync } from 'node:fs'
import type { DocumentedRoute } from '@penstock/shared/base/wire.ts'
import type { JsonSchema } from '@penstock/shared/base/wire-schema.ts'
import manifest from '../../../package.json' with { type: 'json' }
import { headers, introduction, problem, requestHeaders, securitySchemes, tags } from './components.ts'
import type { Example } from './examples.ts'
import { hoist, jsonSchemaOf } from './json-schema.ts'
import type { Operation } from './operations.ts'
import { isConditional, type Response, responsesOf } from './responses.ts'

export type Document = Readonly<Record<string, unknown>>

/** The document of these operations; the same contracts give the same bytes. */
export function openApiDocument(
  operations: readonly Operation[],
  examples: Readonly<Record<string, Example>>,
): Document {
  const schemas: Record<string, unknown> = { Problem: problem }
  const responses: Record<string, unknown> = {}
  const paths: Record<string, Record<string, unknown>> = {}
  for (const operation of operations) {
    const { path, method } = operation.route
    paths[path] = {
      ...paths[path],
      [method.toLowerCase()]: hoist(operationObject(operation, examples[operation.id], responses), schemas),
    }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Penstock',
      version: manifest.version,
      description: introduction,
      license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The origin that serves this document.' }],
    tags: [...new Set(operations.map(({ slice }) => slice))].map((name) => ({ name, description: described(name) })),
    paths: sorted(paths),
    components: { schemas: sorted(schemas), responses: sorted(responses), headers, securitySchemes },
  }
}

/** The file's content. */
export const documentFile = (document: Document): string => `${JSON.stringify(document, null, 2)}\n`

function described(slice: string): string {
  const file = new URL(`../../../functions/${slice}/README.md`, import.meta.url)
  const [, description = ''] = readFileSync(file, 'utf8').split('\n\n')
  return tags[slice] ?? description.replaceAll('\n', ' ')
}

function operationObject(
  { id, slice, route }: Operation,
  example: Example | undefined,
  shared: Record<string, unknown>,
): JsonSchema {
  const parameters = [...pathParameters(route, example), ...queryParameters(route, example), ...headerParameters(route)]
  const body = requestBody(route, example)
  return {
    operationId: id,
    tags: [slice],
    summary: route.summary,
    security: security(route),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body ? { requestBody: body } : {}),
    responses: Object.fromEntries([...responsesOf(route)].map(([status, one]) => [status, share(one, shared)])),
    'x-audit': route.audit,
  }
}

function share({ name, ...response }: Response, shared: Record<string, unknown>): JsonSchema {
  if (name === undefined) return { ...response }
  shared[name] = response
  return { $ref: `#/components/responses/${name}` }
}

function security({ scope, service }: DocumentedRoute): readonly JsonSchema[] {
  if (scope === 'none') return []
  const scopes = scope === 'any' || scope === 'tenant' ? [] : [scope]
  return [{ bearer: scopes }, { apiKey: scopes }, ...(service ? [{ oidc: [] }] : [])]
}

function pathParameters({ path }: DocumentedRoute, example: Example | undefined): readonly JsonSchema[] {
  return [...path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
    ...exampleOf(example?.params?.[name]),
  }))
}

function queryParameters({ query }: DocumentedRoute, example: Example | undefined): readonly JsonSchema[] {
  if (!query) return []
  const schema = jsonSchemaOf(query, { io: 'input' }) as {
    readonly properties?: Readonly<Record<string, JsonSchema>>
    readonly required?: readonly string[]
    readonly additionalProperties?: unknown
  }
  const named = Object.entries(schema.properties ?? {}).map(([name, { description, ...field }]) => ({
    name,
    in: 'query',
    ...(description === undefined ? {} : { description }),
    ...(schema.required?.includes(name) ? { required: true } : {}),
    schema: field,
    ...exampleOf(shownValue(name, field, example?.query?.[name])),
  }))
  return schema.additionalProperties === undefined ? named : [...named, labelFilters]
}

/** Returns the example of a parameter: in a list where it may be given several times, and a number where its rule is a number. */
function shownValue(name: string, { type }: JsonSchema, value: unknown): unknown {
  if (value === undefined) return undefined
  const typed = type === 'integer' || type === 'number' ? Number(value) : value
  return name.endsWith('[]') ? [typed] : typed
}

/** Queries that take further parameters take label filters. */
const labelFilters: JsonSchema = {
  name: 'labels',
  in: 'query',
  style: 'form',
  explode: true,
  description: 'Filters by label: each is a parameter `labels.<name>=<value>` of its own.',
  schema: { type: 'object', maxProperties: 20, patternProperties: { '^labels\\.': { type: 'string' } } },
}

function headerParameters(route: DocumentedRoute): readonly JsonSchema[] {
  const names = [...(route.reads ?? []), ...(isConditional(route) ? (['If-None-Match'] as const) : [])]
  return names.map((name) => ({ name, in: 'header', ...requestHeaders[name] }))
}

function requestBody(route: DocumentedRoute, example: Example | undefined): JsonSchema | undefined {
  const { method, body, documentedBody, accepts } = route
  if (method === 'GET' || method === 'DELETE') return undefined
  const schema = documentedBody?.schema ?? body
  if (schema) {
    const json = { schema: jsonSchemaOf(schema, { io: 'input' }), ...exampleOf(example?.body) }
    return { ...(documentedBody?.optional ? {} : { required: true }), content: { 'application/json': json } }
  }
  const types = accepts ?? (example?.type === undefined ? [] : [example.type])
  if (types.length === 0) return undefined
  const opaque = (type: string): JsonSchema => ({
    schema: type.endsWith('json') ? { type: 'object' } : type.startsWith('text/') ? { type: 'string' } : {},
    ...(type === example?.type ? exampleOf(example.body) : {}),
  })
  return { required: true, content: Object.fromEntries(types.map((type) => [type, opaque(type)])) }
}

const exampleOf = (example: unknown): JsonSchema => (example === undefined ? {} : { example })

const sorted = <T>(entries: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)))
