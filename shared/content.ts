// What a request says that its body is.
import type { IncomingHttpHeaders } from 'node:http'
import { Problem, unsupportedType } from './problem.ts'
import type { Route } from './wire.ts'

/**
 * Refuses a content type that a route does not take. None at all is taken for the right one: nothing was said that is wrong.
 * @throws {Problem} 415
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

/** Whether the body has to be inflated. @throws {Problem} 415 for an encoding that is neither gzip nor identity. */
export function isGzipped(headers: IncomingHttpHeaders): boolean {
  const encoding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (encoding === 'gzip' || encoding === 'x-gzip') return true
  if (encoding === 'identity' || encoding === '') return false
  throw new Problem(unsupportedType, 'The content encoding must be gzip or identity.', {
    headers: { 'accept-encoding': 'gzip' },
  })
}
