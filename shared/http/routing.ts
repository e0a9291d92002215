// Finds a route from a request's method and target.
import type { IncomingMessage } from 'node:http'
import { malformed, methodNotAllowed, notFound, Problem } from '../base/problem.ts'
import type { FrontRoutes, Route } from '../base/wire.ts'

/** A request's target, decoded. */
export interface Target {
  readonly url: URL
  readonly segments: readonly string[]
  /** Parameters of the query string in the order in which they were sent; a name may occur more than once. */
  readonly query: readonly (readonly [name: string, value: string])[]
}

export interface Match {
  readonly key: string
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

/** Decodes a target. @throws {Problem} 400 for a malformed percent-escape in the path or the query string. */
export function parseTarget(target: string): Target {
  // The target is appended as text, because `new URL('//x/y', base)` would take x for a host. A proxy may send the whole URL.
  const url = URL.parse(target.startsWith('/') ? `http://localhost${target}` : target)
  if (!url) throw new Problem(malformed, 'The URL cannot be parsed.')
  // A slash at the end of a path is ignored.
  if (url.pathname.length > 1 && url.pathname.endsWith('/')) url.pathname = url.pathname.slice(0, -1)
  const query = url.search
    .slice(1)
    .split('&')
    .filter((pair) => pair !== '')
  return {
    url,
    segments: url.pathname.slice(1).split('/').map(decode),
    query: query.map((pair) => {
      const [name = '', ...value] = pair.replaceAll('+', ' ').split('=')
      return [decode(name), decode(value.join('='))]
    }),
  }
}

export interface Router {
  /**
   * Finds the route of a request. A path without parameters takes precedence over one with parameters. The route of a HEAD is that of GET.
   * @throws {Problem} 404 for an unknown path; 405 with `Allow` for a known path whose routes have other methods.
   */
  readonly findRoute: (method: string, target: Target) => Match
  /** The methods that the suite has on a path, sorted, with HEAD where it has GET; none for an unknown path. */
  readonly methodsAt: (target: Target) => readonly string[]
}

/** Makes a router. `suite` has the methods of each path in all deployments, which a 405 and a preflight name. */
export function router(routes: FrontRoutes, suite: Readonly<Record<string, readonly string[]>> = {}): Router {
  const entries = Object.entries(routes)
    .map(([key, route]) => ({ key, route, pattern: route.path.slice(1).split('/') }))
    .sort((a, b) => parameterCount(a.route) - parameterCount(b.route))
  const fittingFor = (target: Target) => entries.filter((entry) => fits(entry.pattern, target.segments))
  const methodsOf = (fitting: typeof entries): readonly string[] => {
    const methods = fitting.flatMap(({ route }) => [route.method, ...(suite[anyParameters(route.path)] ?? [])])
    return [...new Set([...methods, ...(methods.includes('GET') ? ['HEAD'] : [])])].toSorted()
  }
  const findRoute = (method: string, target: Target): Match => {
    const fitting = fittingFor(target)
    const sought = method === 'HEAD' ? 'GET' : method
    const found = fitting.find(({ route }) => route.method === sought)
    if (found) return { key: found.key, route: found.route, params: paramsOf(found.pattern, target.segments) }
    if (fitting.length === 0) throw new Problem(notFound, 'There is no such route.')
    throw wrongMethod(methodsOf(fitting))
  }
  return { findRoute, methodsAt: (target) => methodsOf(fittingFor(target)) }
}

/** The 405 of a path with these methods. */
export function wrongMethod(methods: readonly string[]): Problem {
  const allow = [...new Set(methods)].sort().join(', ')
  return new Problem(methodNotAllowed, `This path supports ${allow}.`, { headers: { allow } })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Problem(malformed, 'The URL holds a malformed percent-escape.')
  }
}

/** A path without the names of its parameters: two routes whose paths take the same requests have the same. */
export const anyParameters = (path: string): string => path.replace(/\{[^}]*\}/g, '{}')

const isParameter = (segment: string): boolean => segment.startsWith('{')

const parameterCount = (route: Route): number => route.path.split('{').length

const fits = (pattern: readonly string[], segments: readonly string[]): boolean =>
  pattern.length === segments.length &&
  pattern.every((part, index) => (isParameter(part) ? segments[index] !== '' : part === segments[index]))

function paramsOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pattern.flatMap((part, index) => (isParameter(part) ? [[part.slice(1, -1), segments[index] ?? '']] : [])),
  )
}

/** The methods of a path that a preflight names; none for an unknown path, or one that cannot be read. */
export function preflightMethods(methodsAt: (target: Target) => readonly string[], url: string): readonly string[] {
  try {
    const target = parseTarget(url)
    return target.url.pathname === '/health' ? ['GET', 'HEAD'] : methodsAt(target)
  } catch {
    return []
  }
}

/**
 * Checks the Host header. Of several hosts, a proxy might read another one than we do.
 * @throws {Problem} 400 for a request that names no host, or more than one (RFC 9112, 3.2).
 */
export function checkHost({ headersDistinct: { host = [] }, httpVersion }: IncomingMessage): void {
  if (host.length > 1) throw new Problem(malformed, 'The Host header is there more than once.')
  if (host.length === 0 && httpVersion === '1.1') throw new Problem(malformed, 'The Host header is missing.')
}
