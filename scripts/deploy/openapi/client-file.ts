// Writes the types of the client for TypeScript, and its table of operations, from the API document.
import type { Document } from './document.ts'
import { literal, membersOf, type Schema, typeOf } from './schema-types.ts'

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly schema: Schema
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required?: boolean; readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content; readonly headers?: object }>>
}

interface Call extends Operation {
  readonly method: string
  readonly path: string
}

const HEAD = `// The operations of the API and their types. Written by npm run openapi; do not edit it by hand.
`

/** Returns the text of the client's generated file. */
export function clientFile(document: Document): string {
  const { paths, components } = structuredClone(document) as unknown as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
    readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
  }
  const calls = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Call => ({ ...operation, method: method.toUpperCase(), path })),
  )
  const kinds = [...new Set(JSON.stringify(document).match(/(?<=urn:penstock:problem:)[\w-]+/g))].toSorted()
  return [
    HEAD,
    ...Object.entries(components.schemas).map(([name, schema]) => `export type ${name} = ${typeOf(schema)}\n`),
    '/** The kinds of problem that an answer can name. */',
    `export const problemKinds = [${kinds.map(literal).join(', ')}] as const\n`,
    '/** The request and the answers of each operation, by media type. */',
    `export interface Operations {\n${calls.map(typesOf).join('\n')}\n}\n`,
    '/** How each operation is sent. */',
    `export const operations = {\n${calls.map(entryOf).join('\n')}\n} as const\n`,
  ].join('\n')
}

function typesOf(call: Call): string {
  const request = (['path', 'query', 'header'] as const).flatMap((place) => partOf(call, place))
  const body = call.requestBody
  if (body)
    request.push(['body', Object.entries(body.content).map(sentType).join(' | '), body.required ?? false] as const)
  const [first = 'unknown', ...others] = Object.entries(answersOf(call))
    .map(([media, schema]) => [media, answerType(media, schema)] as const)
    .map(([media, type]) => `readonly ${literal(media)}: ${type}${hasEmpty(call) ? ' | undefined' : ''}`)
  const answers = first === 'unknown' ? 'Readonly<Record<string, undefined>>' : `{ ${[first, ...others].join('; ')} }`
  return [
    `  /** ${call.summary.replace(/\.?$/, '.')} */`,
    `  readonly ${literal(call.operationId)}: { readonly request: ${membersOf(request)}; readonly answers: ${answers} }`,
  ].join('\n')
}

type Member = readonly [name: string, type: string, required: boolean]

function partOf(call: Call, place: Parameter['in']): readonly Member[] {
  const members = (call.parameters ?? [])
    .filter((parameter) => parameter.in === place)
    .map(({ name, schema, required }): Member => [name, typeOf(schema), required ?? false])
  return members.length === 0 ? [] : [[place, membersOf(members), members.some(([, , required]) => required)]]
}

const sentType = ([media, { schema }]: readonly [string, { readonly schema: Schema }]): string => {
  if (media === 'application/json') return typeOf(schema)
  return media.startsWith('text/') ? 'string' : 'Uint8Array<ArrayBuffer>'
}

function answerType(media: string, schema: Schema): string {
  if (/[/+]json$/.test(media)) return typeOf(schema)
  return media.startsWith('text/') ? 'string' : 'Uint8Array<ArrayBuffer>'
}

const answersOf = (call: Call): Readonly<Record<string, Schema>> =>
  Object.fromEntries(
    Object.entries(call.responses)
      .filter(([status]) => status.startsWith('2'))
      .flatMap(([, { content }]) => Object.entries(content ?? {}).map(([media, { schema }]) => [media, schema])),
  )

/** Returns whether the operation can succeed without a body. */
const hasEmpty = (call: Call): boolean => '204' in call.responses

function entryOf(call: Call): string {
  const names = (call.parameters ?? []).map(({ name }) => name)
  const sent = Object.keys(call.requestBody?.content ?? {})
  const members = {
    method: call.method,
    path: call.path,
    sends: sent.includes('application/json') ? 'application/json' : (sent[0] ?? null),
    accepts: Object.keys(answersOf(call))[0] ?? null,
    repeatable: call.method === 'GET' || names.includes('Idempotency-Key'),
    paged: Object.hasOwn(call.responses['200']?.headers ?? {}, 'Link'),
  }
  const text = Object.entries(members).map(([name, value]) => `${name}: ${literal(value)}`)
  return `  ${literal(call.operationId)}: { ${text.join(', ')} },`
}
