// Checks the content type and the encoding of a body.
import type { IncomingHttpHeaders } from 'node:http'
import { Problem, unsupportedType } from '../base/problem.ts'
import type { Route } from '../base/wire.ts'

/**
 * Refuses a content type that a route does not accept. A missing one is accepted, because it claims nothing wrong.
 * @throws {Problem} 415 for a wrong type.
 */
export function checkContentType(route: Pick<Route, 'accepts' | 'body'>, headers: IncomingHttpHeaders): void {
  const accepts = route.accepts ?? (route.body ? ['application/json'] : undefined)
  const sent = headers['content-type']
  if (!accepts || sent === undefined) return
  const [type = '', ...parameters] = sent.toLowerCase().split(';')
  if (!accepts.includes(type.trim()))
    throw new Problem(unsupportedType, `The content type must be ${accepts.join(' or ')}.`)
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='))
  if (route.body && charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) {
    throw new Problem(unsupportedType, 'The charset must be UTF-8.')
  }
}

/** Returns how to decompress the body. @throws {Problem} 415 for an encoding that the route does not accept. */
export function readEncoding(
  route: Pick<Route, 'encoding'>,
  headers: IncomingHttpHeaders,
): 'identity' | 'gzip' | 'snappy' {
  const encoding = (headers['content-encoding'] ?? '').trim().toLowerCase()
  if (route.encoding === 'snappy') {
    if (encoding === 'snappy' || encoding === '') return 'snappy'
    throw unsupported('The content encoding must be snappy.', 'snappy')
  }
  if (encoding === 'gzip' || encoding === 'x-gzip') return 'gzip'
  if (encoding === 'identity' || encoding === '') return 'identity'
  throw unsupported('The content encoding must be gzip or identity.', 'gzip')
}

const unsupported = (detail: string, accepted: string): Problem =>
  new Problem(unsupportedType, detail, { headers: { 'accept-encoding': accepted } })
