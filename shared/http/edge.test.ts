import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { getTestServer } from '@google-cloud/functions-framework/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { firstFormKey } from '../../test/support/http/api-keys.ts'
import { edgeConfig } from '../../test/support/http/edge-config.ts'
import { openRaw, type RunningServer, startFront } from '../../test/support/http/http.ts'
import { type FakeDatabase, fakeDatabase } from '../../test/support/postgres/fake-database.ts'
import { logger, requestContext } from '../base/logger.ts'
import { conflict, Problem } from '../base/problem.ts'
import type { FrontRoutes } from '../base/wire.ts'
import type { EdgeConfig } from '../config/config.ts'
import { createListener, type EdgeOverrides, serve } from './edge.ts'
import type { Call, Reply, Service } from './service.ts'

const { key } = firstFormKey()
const bearer = { authorization: `Bearer ${key}` }
const json = { ...bearer, 'content-type': 'application/json' }

const routes = {
  read: {
    method: 'GET',
    path: '/things',
    scope: 'metrics:read',
    query: z.object({ limit: z.string().regex(/^\d+$/, 'must be a whole number').nullish() }),
  },
  write: { method: 'POST', path: '/things', scope: 'metrics:write', body: z.object({ name: z.string() }) },
  one: { method: 'GET', path: '/things/{thing_id}', scope: 'metrics:read' },
  bytes: { method: 'POST', path: '/bytes', scope: 'metrics:write' },
  operate: { method: 'POST', path: '/operate', scope: 'operate', service: true },
} as const satisfies FrontRoutes

const config = edgeConfig({ corsOrigins: ['https://page.example'] })

type TestService = Service<typeof routes>
interface Setting extends EdgeOverrides {
  readonly scopes?: readonly string[]
  readonly handle?: (call: Call) => Promise<Reply>
  readonly failure?: NonNullable<TestService['failure']>
  readonly config?: Partial<EdgeConfig>
}

const running: RunningServer[] = []
const lines: { level: string; event: string; fields: Record<string, unknown> }[] = []

beforeEach(() => {
  lines.length = 0
  for (const level of ['info', 'warn', 'error', 'fatal'] as const) {
    vi.spyOn(logger, level).mockImplementation((...[fields, event]: unknown[]) => {
      lines.push({ level, event: String(event), fields: { ...(fields as object), context: requestContext.getStore() } })
    })
  }
})
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
  vi.restoreAllMocks()
})

/** A running front whose handlers all do one thing. */
async function front(
  setting: Setting = {},
): Promise<RunningServer & { db: FakeDatabase; handle: ReturnType<typeof vi.fn> }> {
  const db = fakeDatabase({ tenant_id: 7, scopes: setting.scopes ?? ['metrics:read', 'metrics:write'] })
  const handle = vi.fn(setting.handle ?? (async () => ({ json: { done: true } })))
  const handlers = Object.fromEntries(
    Object.keys(routes).map((name) => [name, handle]),
  ) as unknown as TestService['handlers']
  const service = {
    config: { ...config, ...setting.config },
    db,
    routes,
    handlers,
    ...(setting.failure ? { failure: setting.failure } : {}),
  }
  const server = await startFront(createListener('metrics-ingest', service, { random: () => 1, ...setting }))
  running.push(server)
  return { ...server, db, handle }
}

type Body = NonNullable<RequestInit['body']>
const post = (body: Body | null, headers: Record<string, string> = json): RequestInit => ({
  method: 'POST',
  body,
  headers,
})

describe('every answer', () => {
  const expected = {
    'strict-transport-security': 'max-age=63072000',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  }
  it.each([
    ['of a route', '/things', { headers: bearer }, 200],
    ['to a preflight', '/things', { method: 'OPTIONS' }, 204],
    ['of health', '/health', {}, 200],
    ['without a credential', '/things', {}, 401],
    ['without a route', '/nope', {}, 404],
    ['to another method', '/things', { method: 'DELETE' }, 405],
    ['to a bad query', '/things?limit=x', { headers: bearer }, 422],
    ['to a body that is no JSON', '/things', post('{'), 400],
  ] as const)('%s has the headers that browsers obey', async (_what, path, request, status) => {
    const { url } = await front()
    const answer = await fetch(url + path, request)
    expect(answer.status).toBe(status)
    expect(Object.fromEntries(answer.headers)).toMatchObject(expected)
  })

  it('has them when a handler breaks, when it is no request at all, and when the front was passed by', async () => {
    const { url, port } = await front({
      handle: async () => {
        throw new Error('broken')
      },
    })
    expect(Object.fromEntries((await fetch(`${url}/things`, { headers: bearer })).headers)).toMatchObject(expected)
    const raw = await openRaw(port)
    raw.socket.write('GARBAGE\r\n\r\n')
    await raw.ended()
    for (const [name, value] of Object.entries(expected)) expect(raw.received()).toContain(`${name}: ${value}`)
  })
})

describe('a function that asks for no credential', () => {
  const open = { config: { open: true, corsOrigins: ['https://page.example'] } }
  const statusOf = async (port: number, headers: string, method = 'GET'): Promise<string> => {
    const raw = await openRaw(port)
    raw.socket.write(
      `${method} /things HTTP/1.1\r\n${headers}Authorization: Bearer ${key}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    )
    await raw.ended()
    return raw.received().slice(9, 12)
  }
  it('answers programs of this machine, by whatever of its names', async () => {
    const { port } = await front(open)
    for (const host of ['127.0.0.1', 'localhost', '[::1]', `LOCALHOST:${port}`])
      expect(await statusOf(port, `Host: ${host}\r\n`)).toBe('200')
  })

  it('answers no page of another site, by its origin or by a name that was pointed here', async () => {
    const { port, handle } = await front(open)
    const local = `Host: 127.0.0.1:${port}\r\n`
    for (const host of ['evil.example', `evil.example:${port}`, 'localhost.evil.example', '127.0.0.1.evil.example'])
      expect(await statusOf(port, `Host: ${host}\r\n`)).toBe('403')
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1'])
      for (const method of ['GET', 'POST', 'OPTIONS'])
        expect(await statusOf(port, `${local}Origin: ${origin}\r\n`, method)).toBe('403')
    expect(handle).not.toHaveBeenCalled()
    expect(await statusOf(port, `${local}Origin: https://page.example\r\n`)).toBe('200')
    expect(await statusOf(port, `${local}Origin: http://127.0.0.1:${port}\r\n`)).toBe('200')
  })
})

describe('a request that is right', () => {
  it('reaches its handler with everything that the handler may know', async () => {
    const { url, handle } = await front()
    expect((await fetch(`${url}/things`, post('{"name":"ä","more":1}', { ...json, 'x-more': 'y' }))).status).toBe(200)
    const [call] = handle.mock.calls[0] as [Call]
    expect(call).toMatchObject({
      caller: { kind: 'tenant', tenant: { id: 7, name: 'acme' } },
      params: {},
      query: undefined,
      body: { name: 'ä' },
      bytes: Buffer.from('{"name":"ä","more":1}'),
      headers: { 'x-more': 'y' },
    })
    expect(call.body).not.toHaveProperty('more')
  })

  it('has its parameters, of path and query string', async () => {
    const { url, handle } = await front()
    await fetch(`${url}/things/a%20b?x=1`, { headers: bearer })
    await fetch(`${url}/things?limit=5`, { headers: bearer })
    const [[one], [read]] = handle.mock.calls as [[Call], [Call]]
    expect(one).toMatchObject({ params: { thing_id: 'a b' }, query: undefined, bytes: Buffer.alloc(0) })
    expect(one.url.search).toBe('?x=1')
    expect(read.query).toEqual({ limit: '5' })
  })

  it('may be gzipped', async () => {
    const { url, handle } = await front()
    const body = new Uint8Array(gzipSync('{"name":"x"}'))
    expect((await fetch(`${url}/things`, post(body, { ...json, 'content-encoding': 'gzip' }))).status).toBe(200)
    expect((handle.mock.calls[0] as [Call])[0].bytes.toString()).toBe('{"name":"x"}')
  })

  it('may have bytes of any kind, and none, where the route has no schema', async () => {
    const { url, handle } = await front()
    expect(
      (await fetch(`${url}/bytes`, post(new Uint8Array([0, 255]), { ...bearer, 'content-type': 'x/y' }))).status,
    ).toBe(200)
    expect((await fetch(`${url}/bytes`, post(null, bearer))).status).toBe(200)
    expect(handle.mock.calls.map(([call]) => (call as Call).bytes)).toEqual([Buffer.from([0, 255]), Buffer.alloc(0)])
  })

  it.each<[Reply, number, string | null, string]>([
    [{ json: [1] }, 200, 'application/json', '[1]'],
    [{ text: '[1.0]' }, 200, 'application/json', '[1.0]'],
    [{ status: 202, text: 'x', type: 'text/plain' }, 202, 'text/plain', 'x'],
    [{}, 204, null, ''],
    [{ status: 200, headers: { link: '</x>; rel="next"' }, json: null }, 200, 'application/json', 'null'],
  ])('is answered %j', async (reply, status, type, text) => {
    const { url } = await front({ handle: async () => reply })
    const response = await fetch(`${url}/things`, { headers: bearer })
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([status, type, text])
    expect(response.headers.get('link')).toBe(reply.headers?.['link'] ?? null)
  })
})

describe('every answer', () => {
  it.each<[number, string, RequestInit]>([
    [200, '/things', { headers: bearer }],
    [200, '/health', {}],
    [204, '/things', { method: 'OPTIONS' }],
    [400, '/things/%E0%A4%A', { headers: bearer }],
    [401, '/things', {}],
    [403, '/operate', post('{}')],
    [404, '/nothing', {}],
    [405, '/things', { method: 'DELETE' }],
    [415, '/things', post('x', { ...bearer, 'content-type': 'text/plain' })],
    [422, '/things?limit=x', { headers: bearer }],
    [500, '/bytes', post('{}')],
  ])('of %i carries time, id and what pages need', async (status, path, init) => {
    const { url } = await front({
      handle: async ({ url: asked }) => {
        if (asked.pathname === '/bytes') throw new Error('broken')
        return { json: 1 }
      },
    })
    const response = await fetch(url + path, {
      ...init,
      headers: { ...(init.headers as object), origin: 'https://page.example' },
    })
    expect(response.status).toBe(status)
    expect(response.headers.get('x-request-time')).toMatch(/^\d+\.\d{3}$/)
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(response.headers.get('access-control-allow-origin')).toBe('https://page.example')
    expect(response.headers.get('access-control-expose-headers')).toContain('X-Request-Time')
    expect(response.headers.get('vary')).toBe('Origin')
    if (status >= 400) {
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      const problem = (await response.json()) as Record<string, unknown>
      expect(problem).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) })
      expect(problem['type']).toMatch(/^urn:penstock:problem:[a-z-]+$/)
    }
  })

  it('says how long it took', async () => {
    let now = 1_000_000
    const { url } = await front({
      clock: () => now,
      handle: async () => {
        now += 1234
        return {}
      },
    })
    expect((await fetch(`${url}/things`, { headers: bearer })).headers.get('x-request-time')).toBe('1.234')
  })

  it('allows nothing to an origin that is not listed', async () => {
    const { url } = await front()
    const response = await fetch(`${url}/health`, { headers: { origin: 'https://other.example' } })
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
    expect(response.headers.get('vary')).toBe('Origin')
  })
})

describe('the order of things', () => {
  it('answers a preflight before it asks who is calling, on any path', async () => {
    const { url, db } = await front()
    const everything = 'GET, POST, PUT, PATCH, DELETE, OPTIONS'
    for (const [path, methods] of [
      ['/things', 'GET, HEAD, POST, OPTIONS'],
      ['/nothing', everything],
      ['/health', 'GET, HEAD, OPTIONS'],
      ['/%E0%A4%A', everything],
    ] as const) {
      const headers = { origin: 'https://page.example', 'access-control-request-method': 'POST' }
      const response = await fetch(url + path, { method: 'OPTIONS', headers })
      expect(response.status).toBe(204)
      expect(response.headers.get('access-control-allow-methods'), path).toBe(methods)
    }
    expect(db.asked).toBe(0)
  })

  it('refuses a request with two Hosts, even the same one twice', async () => {
    const { port } = await front()
    for (const second of ['x', 'y']) {
      const raw = await openRaw(port)
      raw.socket.write(`GET /things HTTP/1.1\r\nhost: x\r\nhost: ${second}\r\nx-api-key: ${key}\r\n\r\n`)
      expect(await raw.until('The Host header is there more than once.')).toMatch(/^HTTP\/1\.1 400 /)
      raw.socket.destroy()
    }
  })

  it('refuses HTTP/1.1 without a Host, in its own words, and takes HTTP/1.0 without one', async () => {
    const { port } = await front()
    const raw = await openRaw(port)
    raw.socket.write(`GET /things HTTP/1.1\r\nx-api-key: ${key}\r\n\r\n`)
    expect(await raw.until('The Host header is missing.')).toMatch(/^HTTP\/1\.1 400 [^]*\r\nvary: Origin\r\n/)
    raw.socket.destroy()
    const old = await openRaw(port)
    old.socket.write(`GET /things HTTP/1.0\r\nx-api-key: ${key}\r\n\r\n`)
    expect(await old.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /)
    await old.ended()
  })

  const wrong = { 'content-type': 'text/plain', 'content-encoding': 'br' }
  it.each<[string, number, string, RequestInit]>([
    ['a malformed URL before an unknown route', 400, '/nothing?x=%', {}],
    ['an unknown route before a missing credential', 404, '/nothing', {}],
    ['a wrong method before a missing credential', 405, '/operate', {}],
    ['a missing credential before a wrong content type', 401, '/things', post('{', wrong)],
    ['a missing scope before a wrong content type', 403, '/operate', post('{', { ...bearer, ...wrong })],
    ['a missing credential before a wrong query', 401, '/things?limit=x', {}],
    [
      'a wrong content type before a broken body',
      415,
      '/things',
      post('{', { ...bearer, 'content-type': 'text/plain' }),
    ],
    ['a wrong content encoding before a broken body', 415, '/things', post('{', { ...json, 'content-encoding': 'br' })],
    ['a malformed body before a broken rule', 400, '/things', post('{"name":', json)],
    ['a broken rule before the handler', 422, '/things', post('{}', json)],
  ])('refuses %s', async (_what, status, path, init) => {
    const { url, handle } = await front()
    expect((await fetch(url + path, init)).status).toBe(status)
    expect(handle).not.toHaveBeenCalled()
  })

  it('says what a path takes', async () => {
    const { url } = await front()
    const response = await fetch(`${url}/things`, { method: 'PUT', headers: bearer })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST'])
  })

  it('refuses a parameter that is given twice', async () => {
    const { url } = await front()
    const response = await fetch(`${url}/things?limit=1&limit=1`, { headers: bearer })
    expect([response.status, ((await response.json()) as { errors: unknown }).errors]).toEqual([
      422,
      [{ pointer: '?limit', detail: 'must be given once' }],
    ])
    expect((await fetch(`${url}/things/1?x=1&x=1`, { headers: bearer })).status).toBe(200)
  })

  it('does not look at a body before it knows who is calling', async () => {
    const { port, db } = await front()
    const raw = await openRaw(port)
    raw.socket.write('POST /things HTTP/1.1\r\nhost: x\r\ncontent-length: 5000\r\n\r\n{')
    expect(await raw.until('\r\n\r\n{')).toMatch(/^HTTP\/1\.1 401 /)
    expect(db.asked).toBe(0)
    raw.socket.destroy()
  })
})

describe('a client that waits to be told to go on', () => {
  const expecting = (more: string): string =>
    `POST /bytes HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n${more}\r\n\r\n`

  it('is told so when its body is wanted', async () => {
    const { port, handle } = await front()
    const raw = await openRaw(port)
    raw.socket.write(expecting(`content-length: 3\r\nauthorization: Bearer ${key}`))
    await raw.until('HTTP/1.1 100 Continue\r\n\r\n')
    raw.socket.write('abc')
    expect(await raw.until('HTTP/1.1 200 ')).not.toMatch(/100 Continue[^]*100 Continue/)
    expect((handle.mock.calls[0] as [Call])[0].bytes.toString()).toBe('abc')
    raw.socket.destroy()
  })

  it.each([
    ['401', 'content-length: 3'],
    ['413', `content-length: ${33 * 1024 * 1024}\r\nauthorization: Bearer ${key}`],
    ['415', `content-length: 3\r\ncontent-encoding: br\r\nauthorization: Bearer ${key}`],
  ])('is told %s instead when it is not', async (status, headers) => {
    const { port } = await front()
    const raw = await openRaw(port)
    raw.socket.write(expecting(headers))
    expect(await raw.until('"status"')).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    raw.socket.destroy()
  })
})

describe('/health', () => {
  it('needs no credential and is asked by GET or HEAD', async () => {
    const { url } = await front()
    const response = await fetch(`${url}/health`)
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }])
    const head = await fetch(`${url}/health`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    const wrong = await fetch(`${url}/health`, { method: 'POST' })
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })

  it('names the database when it is down', async () => {
    const { url, db } = await front()
    db.healthy = false
    const response = await fetch(`${url}/health`)
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('1')
    expect(await response.json()).toMatchObject({ status: 503, detail: 'Down: database.' })
  })
})

describe('a limit', () => {
  const bodies = { sharedBytes: 500, shareBytes: 500, freeBytes: 0, waitMs: 100 }
  const limits = { bodyBytes: 1000, bodies }

  it('holds for a body as sent and as inflated', async () => {
    const { url } = await front({ limits })
    const gzip = { ...bearer, 'content-encoding': 'gzip' }
    const zeros = (size: number): Body => new Uint8Array(gzipSync(Buffer.alloc(size)))
    expect((await fetch(`${url}/bytes`, post(new Uint8Array(1000), bearer))).status).toBe(200)
    expect((await fetch(`${url}/bytes`, post(new Uint8Array(1001), bearer))).status).toBe(413)
    expect((await fetch(`${url}/bytes`, post(zeros(1000), gzip))).status).toBe(200)
    expect((await fetch(`${url}/bytes`, post(zeros(1001), gzip))).status).toBe(413)
  })

  it('holds for a body of 33 MiB that is sent whatever we say', async () => {
    const { port } = await front()
    for (const chunked of [false, true]) {
      const raw = await openRaw(port)
      const length = 33 * 1024 * 1024
      const framing = chunked ? 'transfer-encoding: chunked' : `content-length: ${length}`
      raw.socket.write(`POST /bytes HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n${framing}\r\n\r\n`)
      if (chunked) raw.socket.write(`${length.toString(16)}\r\n`)
      raw.socket.write(Buffer.alloc(length))
      if (chunked) raw.socket.write('\r\n0\r\n\r\n')
      expect(await raw.until('"status"')).toMatch(/^HTTP\/1\.1 413 /)
      await raw.ended()
    }
  })

  it('leaves a kept-alive connection usable, or closes it, when a body was not read to its end', async () => {
    const { port } = await front({ limits: { bodyBytes: 200_000 } })
    const raw = await openRaw(port)
    const body = Buffer.concat([gzipSync(Buffer.alloc(200_001)), Buffer.alloc(100_000, 1)])
    const head = `authorization: Bearer ${key}\r\ncontent-encoding: gzip\r\ncontent-length: ${body.length}`
    raw.socket.write(Buffer.concat([Buffer.from(`POST /bytes HTTP/1.1\r\nhost: x\r\n${head}\r\n\r\n`), body]))
    const first = await raw.until('"status"')
    expect(first).toMatch(/^HTTP\/1\.1 4\d\d /)
    if (/connection: close/i.test(first)) return void (await raw.ended())
    raw.socket.write('GET /health HTTP/1.1\r\nhost: x\r\n\r\n')
    await raw.until('HTTP/1.1 200 ')
    raw.socket.destroy()
  })

  it('holds for the bodies of all requests together, as long as they are in flight', async () => {
    const gate = Promise.withResolvers<void>()
    const { url, handle } = await front({
      limits,
      handle: async () => {
        await gate.promise
        return {}
      },
    })
    const send = (bytes: number) => fetch(`${url}/bytes`, post(new Uint8Array(bytes), bearer))
    const waiting = [send(1000)]
    await expect.poll(() => handle.mock.calls.length).toBe(1)
    waiting.push(send(500))
    await expect.poll(() => handle.mock.calls.length).toBe(2)
    const refused = await send(1)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
    gate.resolve()
    await Promise.all(waiting)
    expect((await send(1000)).status).toBe(204)
  })

  it('lets a body wait for its turn, which is taken', async () => {
    const gate = Promise.withResolvers<void>()
    const { url, handle } = await front({
      limits: { ...limits, bodies: { ...bodies, waitMs: 10_000 } },
      handle: async () => {
        await gate.promise
        return {}
      },
    })
    const send = () => fetch(`${url}/bytes`, post(new Uint8Array(1000), bearer))
    const all = Array.from({ length: 4 }, send)
    await expect.poll(() => handle.mock.calls.length).toBe(1)
    await sleep(50)
    expect(handle).toHaveBeenCalledOnce()
    gate.resolve()
    expect((await Promise.all(all)).map((response) => response.status)).toEqual([204, 204, 204, 204])
  })

  it('holds for the time that a body takes', async () => {
    const { port } = await front({ limits: { bodyMs: 100 } })
    const raw = await openRaw(port)
    raw.socket.write(`POST /bytes HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-length: 10\r\n\r\n1`)
    const dripping = setInterval(() => raw.socket.write('1'), 20)
    expect(await raw.until('"status"')).toMatch(/^HTTP\/1\.1 408 [^]*connection: close/i)
    clearInterval(dripping)
    raw.socket.destroy()
  })

  it('holds for the time of a request: 503 when the handler passes its deadline, which it can see', async () => {
    const deadlines: (number | undefined)[] = []
    const begun = Date.now()
    let isDone = false
    const { url } = await front({
      limits: { requestMs: 100 },
      handle: async () => {
        deadlines.push(requestContext.getStore()?.deadline)
        await sleep(2_000)
        isDone = true
        throw new Error('too late to matter')
      },
    })
    const response = await fetch(`${url}/things`, { headers: bearer })
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
    expect(isDone).toBe(false)
    expect(deadlines[0]).toBeGreaterThanOrEqual(begun + 100)
    expect(deadlines[0]).toBeLessThan(begun + 1_000)
    expect(lines).toMatchObject([
      { level: 'error', event: 'request.failed', fields: { reason: 'the handler passed its deadline' } },
    ])
    await sleep(400)
  })

  it('is over before its handler is done where its body took all the time there was', async () => {
    const warnings: string[] = []
    const hear = ({ message }: Error): void => void warnings.push(message)
    process.on('warning', hear)
    let now = 1_000_000
    const { url } = await front({ clock: () => (now += 100_000), handle: async () => await sleep(100, {}) })
    const response = await fetch(`${url}/things`, { headers: bearer })
    process.off('warning', hear)
    expect([response.status, warnings]).toEqual([503, []])
  })

  it('holds for the number of requests in flight, but not for health and preflights', async () => {
    const gate = Promise.withResolvers<void>()
    const { url, handle } = await front({
      limits: { inFlight: 3 },
      handle: async () => {
        await gate.promise
        return {}
      },
    })
    const get = () => fetch(`${url}/things`, { headers: bearer })
    const waiting = [get(), get()]
    await expect.poll(() => handle.mock.calls.length).toBe(2)
    const refused = await get()
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
    expect((await fetch(`${url}/health`)).status).toBe(200)
    expect((await fetch(`${url}/things`, { method: 'OPTIONS' })).status).toBe(204)
    gate.resolve()
    expect((await Promise.all(waiting)).map((response) => response.status)).toEqual([204, 204])
    expect((await get()).status).toBe(204)
  })
})

describe('a failure', () => {
  it('that is not known is a bare 500, and its cause is in the log alone', async () => {
    const { url } = await front({
      handle: async () => {
        throw new TypeError('secret of /home/somebody')
      },
    })
    const response = await fetch(`${url}/things`, { headers: bearer })
    const text = await response.text()
    expect(response.status).toBe(500)
    expect(text).not.toMatch(/secret|TypeError|home| at /)
    expect(lines).toMatchObject([{ level: 'error', event: 'request.failed', fields: { err: expect.any(TypeError) } }])
  })

  it.each<[string, (call: Call) => Promise<Reply>]>([
    [
      'throws something that is no error',
      async () => {
        AbortSignal.abort('text').throwIfAborted()
        return {}
      },
    ],
    ['answers what cannot be JSON', async () => ({ json: 1n })],
    ['answers a header that cannot be sent', async () => ({ headers: { link: 'a\nb' } })],
    [
      'throws before it waits',
      () => {
        throw new Error('at once')
      },
    ],
  ])('is 500 where a handler %s', async (_what, handle) => {
    const { url } = await front({ handle })
    expect((await fetch(`${url}/things`, { headers: bearer })).status).toBe(500)
  })

  it('that is expected has its status, its errors and its headers', async () => {
    const { url } = await front({
      handle: async () => {
        throw new Problem(conflict, 'Busy.', {
          retryAfter: 3,
          headers: { etag: '"1"' },
          errors: [{ pointer: '/a', detail: 'b' }],
        })
      },
    })
    const response = await fetch(`${url}/things`, { headers: bearer })
    expect([response.status, response.headers.get('retry-after'), response.headers.get('etag')]).toEqual([
      409,
      '3',
      '"1"',
    ])
    expect(await response.json()).toEqual({
      type: 'urn:penstock:problem:conflict',
      title: conflict.title,
      status: 409,
      detail: 'Busy.',
      errors: [{ pointer: '/a', detail: 'b' }],
    })
  })

  it('can be told in the shape of a foreign protocol, by route', async () => {
    const failure: Setting['failure'] = (problem, route) =>
      route.path === '/bytes' ? { status: problem.kind.status, json: { code: problem.kind.slug } } : undefined
    const { url } = await front({ failure })
    const foreign = await fetch(`${url}/bytes`, { method: 'POST' })
    expect([foreign.status, await foreign.json()]).toEqual([401, { code: 'unauthenticated' }])
    expect(foreign.headers.get('www-authenticate')).toBe('Bearer realm="penstock"')
    expect(foreign.headers.get('content-type')).toBe('application/json')
    expect((await fetch(`${url}/things`)).headers.get('content-type')).toBe('application/problem+json')
  })

  it('of the front itself ends the connection, is logged, and leaves nothing behind', async () => {
    let broken = true
    const { url } = await front({
      limits: { bodies: { sharedBytes: 0, shareBytes: 0, freeBytes: 0, waitMs: 100 } },
      handle: async () => {
        if (broken) throw new Problem(conflict, 'Busy.')
        return {}
      },
      failure: () => {
        throw new Error('in the hook')
      },
    })
    const send = () => fetch(`${url}/bytes`, post(new Uint8Array(1000), bearer))
    await expect(send()).rejects.toThrow()
    expect(lines).toMatchObject([{ level: 'fatal', event: 'request.unanswered' }])
    broken = false
    expect((await send()).status).toBe(204)
  })
})

describe('the log', () => {
  it('has a line for what was refused or failed or slow, and for one in a hundred others', async () => {
    let now = 1_000_000
    let slow = 0
    let chance = 1
    const { url } = await front({
      clock: () => now,
      random: () => chance,
      handle: async () => {
        now += slow
        return {}
      },
    })
    const get = async (path: string, headers: Record<string, string> = bearer) => {
      lines.length = 0
      await fetch(url + path, { headers })
      return lines.map(({ level, event }) => `${level} ${event}`)
    }
    expect(await get('/things')).toEqual([])
    expect(await get('/nothing')).toEqual(['info request.refused'])
    slow = 200
    expect(await get('/things')).toEqual([])
    slow = 201
    expect(await get('/things')).toEqual(['warn request.slow'])
    slow = 0
    chance = 0.01
    expect(await get('/things')).toEqual([])
    chance = 0.0099
    expect(await get('/things')).toEqual(['info request.served'])
  })

  it('says who called what, but no query string and no credential', async () => {
    const { url } = await front()
    await fetch(`${url}/things/5?token=verysecret`, { method: 'POST', headers: { ...bearer, 'user-agent': 'test' } })
    await fetch(`${url}/things?limit=verysecret`, { headers: { ...bearer, 'user-agent': 'test' } })
    expect(lines.map((line) => line.fields['httpRequest'])).toMatchObject([
      {
        requestMethod: 'POST',
        requestUrl: '/things/5',
        status: 405,
        userAgent: 'test',
        latency: expect.stringMatching(/^[\d.]+s$/),
      },
      { requestMethod: 'GET', requestUrl: '/things', status: 422 },
    ])
    expect(lines[1]?.fields).toMatchObject({
      route: '/things',
      caller: expect.stringMatching(/^key:/),
      problem: 'invalid-request',
    })
    expect(JSON.stringify(lines)).not.toMatch(new RegExp(`verysecret|${key}`))
  })

  it('says why a credential was refused', async () => {
    const { url } = await front()
    await fetch(`${url}/things`, { headers: { authorization: `Bearer ${key}x` } })
    expect(lines).toMatchObject([
      { event: 'request.refused', fields: { reason: 'this is not an API key, or it was not issued here' } },
    ])
  })

  it('belongs to the trace that the request names', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
    const traceparent = `00-${traceId}-00f067aa0ba902b7-01`
    const local = await front({ config: { project: 'p' } })
    const response = await fetch(`${local.url}/nothing`, { headers: { traceparent } })
    const cloud = await front({ config: { inCloud: true, project: 'p' } })
    await fetch(`${cloud.url}/nothing`, { headers: { traceparent } })
    await fetch(`${cloud.url}/nothing`, { headers: { traceparent: 'zz-zz' } })
    const [first, second, third] = lines.map((line) => line.fields['context'])
    expect(first).toMatchObject({
      trace: traceId,
      spanId: '00f067aa0ba902b7',
      requestId: response.headers.get('x-request-id'),
    })
    expect(second).toMatchObject({ trace: `projects/p/traces/${traceId}` })
    expect(third).not.toHaveProperty('trace')
  })
})

describe('serving', () => {
  it('registers a function and does nothing else where it is not the target of this process', () => {
    const { createServer } = http
    const service = { config, db: fakeDatabase({ tenant_id: 1, scopes: [] }), routes: {}, handlers: {} }
    serve('metrics-ingest', service)
    serve('metrics-ingest-pubsub', service)
    expect(http.createServer).toBe(createServer)
    expect(getTestServer('metrics-ingest')).toBeDefined()
    expect(getTestServer('metrics-ingest-pubsub')).toBeDefined()
  })

  it('needs a row of the budget', () => {
    const service = { config, db: fakeDatabase({ tenant_id: 1, scopes: [] }), routes: {}, handlers: {} }
    expect(() => createListener('nothing', service)).toThrow('connection-budget.json has no deployment nothing')
  })
})
