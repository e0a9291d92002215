// The requests of a load as bytes, made before it begins: during the run only instants are written into them.

import { type ForeignProtocol, foreignBody } from './foreign-requests.ts'

/** Requests that are repeated, each time with other instants. */
export type Recipe =
  /** One metric, which the answer repeats. */
  | { readonly kind: 'single' }
  /** Points that a gateway of a hundred sensors has collected. The answer is a count. */
  | { readonly kind: 'batch'; readonly points: number }
  /** The same points in the protocol of an agent. */
  | { readonly kind: 'foreign'; readonly protocol: ForeignProtocol; readonly points: number; readonly path?: string }
  /** A wrapped Pub/Sub message with this many metrics without timestamps. */
  | { readonly kind: 'push'; readonly points: number }
  /** Each body in turn, to one path. */
  | { readonly kind: 'posts'; readonly path: string; readonly bodies: readonly string[] }
  /** Each path in turn; `accept` is the type of the answers. */
  | { readonly kind: 'get'; readonly paths: readonly string[]; readonly accept?: string }

export interface RequestOptions {
  readonly recipe: Recipe
  /** The whole value of the header. */
  readonly authorization: string
  /** Time of the first point, in milliseconds since 1970. */
  readonly beginMs: number
}

/** Returns the next request of one connection; its bytes are valid until the next call. */
export type NextRequest = () => Uint8Array

/** Number of series in a batch or a message. */
export const SERIES = 100
const PREFIX = '/api/v1/monitoring/metrics'
/** Placeholder for an instant such as `2026-11-20T17:09:01.123Z`. */
const PLACE = '@'.repeat(24)
/** A message's points get its publish time plus less than 2,000 microseconds, so messages at this distance never share an instant. */
const PUBLISH_STEP_MS = 2

/** Returns the number of points that one request stores; 0 for requests that store none. */
export function pointsOf(recipe: Recipe): number {
  if (recipe.kind === 'get' || recipe.kind === 'posts') return 0
  return recipe.kind === 'single' ? 1 : recipe.points
}

/** Makes the function that opens a connection's requests. No two requests of all connections share a point. */
export function requestSource(options: RequestOptions): () => NextRequest {
  let nextMs = options.beginMs
  const take = (count: number): number => {
    const first = nextMs
    nextMs += count
    return first
  }
  let turn = 0
  const { recipe, authorization } = options
  switch (recipe.kind) {
    case 'single':
      return () => patched(post(PREFIX, authorization, JSON.stringify(metric(turn++ % SERIES, PLACE))), 1, take)
    case 'batch':
      return () => patched(post(`${PREFIX}/batch`, authorization, batch(recipe.points)), recipe.points / SERIES, take)
    case 'foreign':
      return () => patchedForeign(recipe, authorization, take)
    case 'push': {
      // A message is identified by its id, which is its publish time here.
      const publish = () => take(PUBLISH_STEP_MS)
      return () => patched(post('/?tenant=default', authorization, message(recipe.points)), 1, publish)
    }
    case 'posts': {
      const requests = recipe.bodies.map((body) => post(recipe.path, authorization, body))
      return () => () => requests[turn++ % requests.length] ?? Buffer.alloc(0)
    }
    case 'get': {
      const requests = recipe.paths.map((path) => get(path, authorization, recipe.accept ?? '*/*'))
      return () => () => requests[turn++ % requests.length] ?? Buffer.alloc(0)
    }
  }
}

/** Writes `instants` instants into the gaps of a request, repeating them in the order of the gaps. */
function patched(request: Buffer, instants: number, take: (count: number) => number): NextRequest {
  const places: number[] = []
  for (let at = request.indexOf(PLACE); at >= 0; at = request.indexOf(PLACE, at + PLACE.length)) places.push(at)
  const perInstant = places.length / Math.max(1, instants)
  return () => {
    const first = take(Math.max(1, instants))
    let text = ''
    for (const [i, place] of places.entries()) {
      if (i % perInstant === 0) text = new Date(first + Math.floor(i / perInstant)).toISOString()
      request.write(text, place, 'latin1')
    }
    return request
  }
}

function patchedForeign(
  { protocol, points, path }: Extract<Recipe, { kind: 'foreign' }>,
  authorization: string,
  take: (count: number) => number,
): NextRequest {
  const instants = points / SERIES
  const series = Array.from({ length: SERIES }, (_, i) => {
    const { service_name: service, metric_value: value, metric_metadata: labels } = metric(i)
    return { service, value, ...labels }
  })
  const body = foreignBody(protocol, series, instants)
  const head = Buffer.from(headOf(path ?? body.path, authorization, body.headers, body.bytes.length))
  const request = Buffer.concat([head, body.bytes])
  return () => {
    const first = take(instants)
    for (const [i, place] of body.places.entries()) body.write(request, head.length + place, first + (i % instants))
    return request
  }
}

/** Returns a body with the points of all sensors at one instant, then at the next one. */
function batch(points: number): string {
  const entries = Array.from({ length: points }, (_, i) => JSON.stringify(metric(i % SERIES, PLACE)))
  return `[${entries.join(',')}]`
}

function message(points: number): string {
  const metrics = Array.from({ length: points }, (_, i) => metric(i % SERIES))
  const data = Buffer.from(JSON.stringify(points === 1 ? metrics[0] : metrics)).toString('base64')
  return JSON.stringify({
    message: { data, attributes: {}, messageId: PLACE, publishTime: PLACE },
    subscription: 'projects/local/subscriptions/metrics-push',
    deliveryAttempt: 1,
  })
}

function metric(series: number, timestamp?: string) {
  return {
    service_name: `gateway-${String(series).padStart(2, '0')}`,
    metric_type: 'temperature',
    metric_value: 20 + series / 8,
    unit: 'Cel',
    ...(timestamp === undefined ? {} : { timestamp }),
    metric_metadata: { building: 'north', room: String(100 + series) },
  }
}

function post(path: string, authorization: string, body: string): Buffer {
  const preference = path.endsWith('/batch') ? ['Prefer: return=minimal'] : []
  const headers = ['Content-Type: application/json', ...preference]
  return Buffer.from(headOf(path, authorization, headers, Buffer.byteLength(body)) + body)
}

function headOf(path: string, authorization: string, headers: readonly string[], length: number): string {
  const lines = [`POST ${path} HTTP/1.1`, 'Host: localhost', `Authorization: ${authorization}`, ...headers]
  return `${lines.join('\r\n')}\r\nContent-Length: ${length}\r\n\r\n`
}

const get = (path: string, authorization: string, accept: string): Buffer =>
  Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\nAccept: ${accept}\r\n\r\n`)
