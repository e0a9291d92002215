// The changes of an API document that can break a client which was written for the one before.
import { joinNull } from './json-schema.ts'

type Node = Readonly<Record<string, unknown>>

/**
 * Returns each breaking change as a line, such as `GET /api/v1/feedback/stats: the answer 200 lost the field total_flags`. A change is
 * breaking when a request that was accepted is refused, or when an answer loses a part.
 */
export function breakingChanges(before: Node, after: Node): readonly string[] {
  const lines: string[] = []
  for (const { name, operation } of operationsOf(before)) {
    const now = operationsOf(after).find((one) => one.name === name)?.operation
    if (!now) {
      lines.push(`${name}: the operation is gone`)
      continue
    }
    const compare = {
      before: rootOf(before),
      after: rootOf(after),
      say: (line: string) => lines.push(`${name}: ${line}`),
    }
    compareRequests(compare, operation, now)
    compareAnswers(compare, operation, now)
  }
  return [...new Set(lines)]
}

interface Comparison {
  /** Returns the node that a reference of the earlier document points to. */
  readonly before: (node: unknown) => Node
  readonly after: (node: unknown) => Node
  readonly say: (line: string) => void
}

const METHODS = ['get', 'put', 'post', 'patch', 'delete']

function operationsOf(document: Node): readonly { readonly name: string; readonly operation: Node }[] {
  return Object.entries(object(document['paths'])).flatMap(([path, item]) =>
    METHODS.filter((method) => object(item)[method] !== undefined).map((method) => ({
      name: `${method.toUpperCase()} ${path}`,
      operation: object(object(item)[method]),
    })),
  )
}

const rootOf =
  (document: Node) =>
  (node: unknown): Node => {
    let at = object(node)
    for (let i = 0; i < 20 && typeof at['$ref'] === 'string'; i++) {
      const path = at['$ref'].slice(2).split('/')
      at = path.reduce((found, key) => object(found[key.replaceAll('~1', '/').replaceAll('~0', '~')]), document)
    }
    const schema = { ...at }
    joinNull(schema)
    return schema
  }

function compareRequests(compare: Comparison, before: Node, after: Node): void {
  const parameters = (operation: Node) =>
    new Map(
      list(operation['parameters']).map((one) => [
        `${String(object(one)['in'])} ${String(object(one)['name'])}`,
        object(one),
      ]),
    )
  const old = parameters(before)
  for (const [name, now] of parameters(after)) {
    const was = old.get(name)
    if (!was && now['required'] === true) compare.say(`the ${name} is required`)
    if (was && was['required'] !== true && now['required'] === true) compare.say(`the ${name} is required`)
    if (was) compareSchemas(compare, was['schema'], now['schema'], { where: `the ${name}`, sends: true })
  }
  for (const name of old.keys()) if (!parameters(after).has(name)) compare.say(`the ${name} is gone`)
  const body = (operation: Node) => object(object(operation['requestBody'])['content'])
  for (const [type, was] of Object.entries(body(before))) {
    const now = body(after)[type]
    if (now === undefined) compare.say(`a body of ${type} is not taken`)
    else compareSchemas(compare, object(was)['schema'], object(now)['schema'], { where: 'the body', sends: true })
  }
}

function compareAnswers(compare: Comparison, before: Node, after: Node): void {
  for (const [status, was] of Object.entries(object(before['responses']))) {
    if (!status.startsWith('2')) continue
    const now = object(after['responses'])[status]
    if (now === undefined) {
      compare.say(`the answer ${status} is gone`)
      continue
    }
    const contents = object(compare.after(now)['content'])
    for (const [type, content] of Object.entries(object(compare.before(was)['content']))) {
      if (contents[type] === undefined) compare.say(`the answer ${status} as ${type} is gone`)
      else
        compareSchemas(compare, object(content)['schema'], object(contents[type])['schema'], {
          where: `the answer ${status}`,
          sends: false,
        })
    }
  }
}

interface Place {
  readonly where: string
  /** True when the client sends it, false when it reads it. */
  readonly sends: boolean
}

function compareSchemas(compare: Comparison, was: unknown, now: unknown, place: Place, depth = 0): void {
  const old = compare.before(was)
  const young = compare.after(now)
  if (depth > 12) return
  const { where, sends } = place
  compareTypes(compare, old, young, place)
  const fields = object(young['properties'])
  for (const [field, schema] of Object.entries(object(old['properties']))) {
    if (fields[field] === undefined) compare.say(`${where} lost the field ${field}`)
    else compareSchemas(compare, schema, fields[field], { where: `${where}, ${field}`, sends }, depth + 1)
  }
  const required = (schema: Node) => list(schema['required']).map(String)
  const stricter = sends ? [required(young), required(old)] : [required(old), required(young)]
  for (const field of (stricter[0] ?? []).filter((one) => !stricter[1]?.includes(one)))
    compare.say(sends ? `${where} has to have the field ${field}` : `${where} may lack the field ${field}`)
  if (old['items'] !== undefined) compareSchemas(compare, old['items'], young['items'], place, depth + 1)
  for (const [i, option] of list(old['anyOf']).entries())
    compareSchemas(compare, option, list(young['anyOf'])[i], place, depth + 1)
}

function compareTypes(compare: Comparison, old: Node, young: Node, { where, sends }: Place): void {
  const types = (schema: Node) => [schema['type'] ?? []].flat().map(String)
  const [wide, narrow] = sends ? [types(old), types(young)] : [types(young), types(old)]
  if (types(old).length > 0 && wide.some((type) => !narrow.includes(type)))
    compare.say(`${where} is ${types(young).join(' or ') || 'of no type'}, and was ${types(old).join(' or ')}`)
  for (const value of list(old['enum']).filter((one) => !list(young['enum']).includes(one)))
    compare.say(`${where} lost the value ${String(value)}`)
  if (!sends) return
  for (const [key, isTighter] of bounds) {
    const [before, after] = [old[key], young[key]]
    if (typeof after === 'number' && (before === undefined || isTighter(after, Number(before))))
      compare.say(`${where} has the ${key} ${after}`)
  }
}

const smaller = (a: number, b: number): boolean => a < b
const larger = (a: number, b: number): boolean => a > b
const bounds = [
  ['maximum', smaller],
  ['maxLength', smaller],
  ['maxItems', smaller],
  ['minimum', larger],
  ['minLength', larger],
] as const

const object = (node: unknown): Node => (typeof node === 'object' && node !== null ? (node as Node) : {})
const list = (node: unknown): readonly unknown[] => (Array.isArray(node) ? node : [])
