import { describe, expect, it } from 'vitest'
import { Problem } from '../base/problem.ts'
import type { FrontRoutes } from '../base/wire.ts'
import { parseTarget, router } from './routing.ts'

const routes = {
  one: { method: 'GET', path: '/jobs/{job_id}', scope: 'backfill:read' },
  status: { method: 'GET', path: '/jobs/status', scope: 'backfill:read' },
  start: { method: 'POST', path: '/jobs/start', scope: 'backfill:write' },
  claim: { method: 'POST', path: '/jobs/{job_id}/claim', scope: 'backfill:write' },
  write: { method: 'POST', path: '/metrics', scope: 'metrics:write' },
  read: { method: 'GET', path: '/metrics', scope: 'metrics:read' },
  push: { method: 'POST', path: '/', scope: 'metrics:write' },
} as const satisfies FrontRoutes

const find = (method: string, target: string) => router(routes).findRoute(method, parseTarget(target))

function problemOf(work: () => unknown): Problem {
  try {
    work()
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('routing', () => {
  it.each([
    ['GET', '/metrics', 'read'],
    ['POST', '/metrics?x=1', 'write'],
    ['HEAD', '/metrics', 'read'],
    ['HEAD', '/jobs/start', 'one'],
    ['GET', '/jobs/status', 'status'],
    ['GET', '/jobs/start', 'one'],
    ['POST', '/jobs/start', 'start'],
    ['POST', '/jobs/7/claim', 'claim'],
    ['POST', '/', 'push'],
    ['POST', '/?tenant=t', 'push'],
    ['GET', 'http://elsewhere.example/metrics', 'read'],
    ['GET', '/%6Detrics', 'read'],
  ])('finds %s %s', (method, target, key) => {
    expect(find(method, target).key).toBe(key)
  })

  it('decodes the parameters of a path', () => {
    expect(find('GET', '/jobs/a%20b%2Fc').params).toEqual({ job_id: 'a b/c' })
    expect(find('GET', '/jobs/__proto__').params).toEqual({ job_id: '__proto__' })
  })

  it.each(['/nothing', '/metrics//', '/jobs/', '/jobs', '//metrics/x', '/jobs/1/2/claim', '/METRICS'])(
    'knows no %s',
    (target) => {
      expect(problemOf(() => find('GET', target)).kind.status).toBe(404)
    },
  )

  it.each([
    ['DELETE', '/metrics', 'GET, HEAD, POST'],
    ['HEAD', '/jobs/7/claim', 'POST'],
    ['GET', '/', 'POST'],
    ['POST', '/jobs/status', 'GET, HEAD'],
    ['PUT', '/jobs/start', 'GET, HEAD, POST'],
    ['GET', '/jobs/7/claim', 'POST'],
  ])('refuses %s %s and says what is allowed', (method, target, allow) => {
    const problem = problemOf(() => find(method, target))
    expect(problem.kind.status).toBe(405)
    expect(problem.headers).toEqual({ allow })
  })

  it.each([
    '/jobs/%E0%A4%A',
    '/jobs/%zz',
    '/jobs/%',
    '/metrics?x=%E0%A4%A',
    '/metrics?%ff=1',
    '/metrics?x=%',
    'nonsense',
    '*',
  ])('refuses the target %s as malformed', (target) => {
    expect(problemOf(() => find('GET', target)).kind.status).toBe(400)
  })

  it('decodes the query string in the order sent', () => {
    expect(parseTarget('/x?a=1&b=%C3%A4+c&a=2&labels.__proto__=x&e&f==&').query).toEqual([
      ['a', '1'],
      ['b', 'ä c'],
      ['a', '2'],
      ['labels.__proto__', 'x'],
      ['e', ''],
      ['f', '='],
    ])
  })

  it('does not take a path that begins with two slashes for a host', () => {
    expect(parseTarget('//evil.example/metrics').url.pathname).toBe('//evil.example/metrics')
  })
})

it('a 405 and a preflight name what the whole suite has on the path, whichever deployment answers', () => {
  const own = { read: { method: 'GET', path: '/jobs/{id}', scope: 'metrics:read' } } as const
  const { findRoute, methodsAt } = router(own, { '/jobs/{}': ['GET', 'PUT'] })
  expect(() => findRoute('DELETE', parseTarget('/jobs/7'))).toThrow(
    expect.objectContaining({ headers: { allow: 'GET, HEAD, PUT' } }),
  )
  expect(methodsAt(parseTarget('/jobs/7'))).toEqual(['GET', 'HEAD', 'PUT'])
  expect(methodsAt(parseTarget('/nothing'))).toEqual([])
})
