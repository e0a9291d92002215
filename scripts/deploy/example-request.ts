// A slice's example as a request: method, target, headers with a credential of the route's scope, and the body's bytes.
import type { Example, ExampleChance } from '@penstock/shared/base/examples.ts'
import { type DocumentedRoute, platformScopes } from '@penstock/shared/base/wire.ts'

export interface ExampleCredentials {
  /** A key of the tenant. */
  readonly tenant: string
  /** A platform key. */
  readonly operator: string
  /** An ID token of a Google service account. */
  readonly service: string
}

type Pairs = readonly (readonly [name: string, value: string])[]

/** Always takes the first choice. */
export const firstChoice: ExampleChance = {
  below: () => 0,
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error('the list to choose from is empty')
    return list[0] as T
  },
}

/** Returns the path with its parameters, and the query string. */
export function targetOf(route: Pick<DocumentedRoute, 'path'>, { query = [], ...example }: Example): string {
  const path = pathOf(route, example)
  return query.length === 0 ? path : `${path}?${query.map(([name, value]) => `${name}=${value}`).join('&')}`
}

export const pathOf = ({ path }: Pick<DocumentedRoute, 'path'>, { parameters = {} }: Example): string =>
  path.replace(/\{(\w+)\}/g, (segment, name: string) => parameters[name] ?? segment)

/** The body's bytes; undefined when the request has no body. */
export function bodyOf({ json, bytes, wrap }: Example): Uint8Array | undefined {
  if (bytes !== undefined) return bytes
  if (json === undefined) return undefined
  const data = Buffer.from(JSON.stringify(json))
  return wrap ? Buffer.from(JSON.stringify(wrap(data))) : data
}

/** Returns the headers of the content type, of the credential and of the example. */
export function headersOf(route: DocumentedRoute, example: Example, credentials: ExampleCredentials): Pairs {
  const own = example.headers ?? []
  const isTyped = own.some(([name]) => name.toLowerCase() === 'content-type')
  const type: Pairs = example.json === undefined || isTyped ? [] : [['Content-Type', 'application/json']]
  return [...type, ...credentialOf(route, example, credentials), ...own]
}

function credentialOf(route: DocumentedRoute, example: Example, credentials: ExampleCredentials): Pairs {
  if (route.scope === 'none') return []
  const key = isPlatform(route.scope) ? credentials.operator : credentials.tenant
  switch (example.credential ?? (route.method === 'GET' ? 'key' : 'bearer')) {
    case 'key':
      return [['X-API-Key', key]]
    case 'bearer':
      return [['Authorization', `Bearer ${key}`]]
    case 'token':
      return [['Authorization', `Token ${key}`]]
    case 'basic':
      return [['Authorization', `Basic ${Buffer.from(`telegraf:${key}`).toString('base64')}`]]
    case 'service':
      return [['Authorization', `Bearer ${credentials.service}`]]
  }
}

const isPlatform = (scope: string): boolean => (platformScopes as readonly string[]).includes(scope)
