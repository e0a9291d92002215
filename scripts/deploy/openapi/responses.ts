// The answers of a route: its own forms, and the problems that the route and the front answer for it.
import {
  forbidden,
  internal,
  invalid,
  lockedOut,
  malformed,
  type ProblemKind,
  rateLimited,
  tooLarge,
  tooManyRequests,
  tooSlow,
  typeOf,
  unauthenticated,
  unavailable,
  unsupportedType,
} from '@penstock/shared/base/problem.ts'
import { type AnswerForm, type DocumentedRoute, formsOf } from '@penstock/shared/base/wire.ts'
import type { JsonSchema } from '@penstock/shared/base/wire-schema.ts'
import { jsonSchemaOf } from './json-schema.ts'

export interface Response {
  /** The name of a response that consists of problems alone, so that many operations share it. */
  readonly name?: string
  readonly description: string
  readonly headers?: Readonly<Record<string, unknown>>
  readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>>
}

const JSON_TYPE = 'application/json'
const PROBLEM_TYPE = 'application/problem+json'
const opaque = (type = ''): JsonSchema =>
  type.startsWith('text/') ? { type: 'string' } : { type: 'string', contentEncoding: 'binary' }
const RETRIED = [429, 503]

/** Returns the kinds of problems that a request of this route can get, including the route's own ones. */
function kindsOf(route: DocumentedRoute): readonly ProblemKind[] {
  const hasBody = route.method === 'POST' || route.method === 'PUT' || route.method === 'PATCH'
  const validates = hasBody || route.query !== undefined || (route.reads ?? []).length > 0
  return [
    malformed,
    ...(route.scope === 'none' ? [] : [unauthenticated, forbidden]),
    ...(hasBody ? [tooSlow, tooLarge, unsupportedType] : []),
    ...(validates ? [invalid] : []),
    ...route.problems,
    ...(route.scope === 'none' ? [] : [lockedOut, rateLimited]),
    tooManyRequests,
    internal,
    unavailable,
  ]
}

/** Indexed by status. `closed`: fields that a schema does not name are refused. */
export function responsesOf(route: DocumentedRoute, closed?: true): ReadonlyMap<number, Response> {
  const found = new Map<number, Response>()
  for (const form of formsOf(route)) add(found, form.status ?? 200, ofForm(form, closed))
  const read = isConditional(route) ? found.get(200) : undefined
  if (read) {
    found.set(200, { ...read, headers: { ...read.headers, ...entityTag } })
    found.set(304, notModified)
  }
  const byStatus = Map.groupBy(kindsOf(route), ({ status }) => status)
  for (const [status, kinds] of byStatus) {
    add(found, status, ofProblems(status, kinds))
    for (const form of route.failures ?? []) add(found, status, ofForm(form, closed))
  }
  return new Map([...found].sort(([a], [b]) => a - b))
}

const entityTag = { ETag: headerRef('ETag') }
const notModified: Response = {
  name: 'not-modified',
  description: 'The answer that has one of the ETags in `If-None-Match` is current.',
  headers: entityTag,
}

/** Returns whether the front compares the answer's ETag with `If-None-Match`: every GET that answers 200 with a body. */
export const isConditional = (route: DocumentedRoute): boolean =>
  route.method === 'GET' &&
  formsOf(route).some(({ status = 200, schema, type }) => status === 200 && (schema ?? type) !== undefined)

function add(found: Map<number, Response>, status: number, response: Response): void {
  const before = found.get(status)
  if (!before) {
    found.set(status, response)
    return
  }
  const headers = { ...before.headers, ...response.headers }
  const description =
    before.description === response.description
      ? before.description
      : `${before.description} ${response.description}`.trim()
  found.set(status, {
    description,
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    content: { ...before.content, ...response.content },
  })
}

function ofForm({ status = 200, type, schema, headers = [], when }: AnswerForm, closed?: true): Response {
  const isBody = schema !== undefined || type !== undefined
  const json = schema ? jsonSchemaOf(schema, { io: 'output', ...(closed ? { closed } : {}) }) : opaque(type)
  return {
    description: when ?? (status === 204 ? 'Done. There is no body.' : 'Done.'),
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers.map((name) => [name, headerRef(name)])) }),
    ...(isBody ? { content: { [type ?? JSON_TYPE]: { schema: json } } } : {}),
  }
}

function ofProblems(status: number, kinds: readonly ProblemKind[]): Response {
  const types = kinds.map(typeOf)
  const headers = RETRIED.includes(status) ? ['Retry-After'] : status === 401 ? ['WWW-Authenticate'] : []
  return {
    name: kinds.map(({ slug }) => slug).join('.'),
    description: `${kinds.map(({ title }) => title).join('; or: ')}.`,
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers.map((name) => [name, headerRef(name)])) }),
    content: {
      [PROBLEM_TYPE]: {
        schema: {
          allOf: [{ $ref: '#/components/schemas/Problem' }],
          type: 'object',
          properties: { type: { type: 'string', enum: types } },
        },
      },
    },
  }
}

function headerRef(name: string): JsonSchema {
  return { $ref: `#/components/headers/${name}` }
}
