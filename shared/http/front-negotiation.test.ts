import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { request as ask } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { firstFormKey } from '../../test/support/http/api-keys.ts'
import { type RunningServer, startFront } from '../../test/support/http/http.ts'
import { fakeDatabase } from '../../test/support/postgres/fake-database.ts'
import type { FrontRoutes } from '../base/wire.ts'
import type { EdgeConfig } from '../config/config.ts'
import type { InstanceReport } from '../report/instance-report.ts'
import { ownedText } from './body-buffer.ts'
import { createListener, type EdgeOverrides } from './edge.ts'
import type { Call, Reply } from './service.ts'

const routes = {
  read: { method: 'GET', path: '/things/{id}', scope: 'metrics:read' },
  put: { method: 'PUT', path: '/things/{id}', scope: 'metrics:write' },
  patch: { method: 'PATCH', path: '/things/{id}', scope: 'metrics:write' },
  remove: { method: 'DELETE', path: '/things/{id}', scope: 'metrics:write' },
  open: { method: 'GET', path: '/open', scope: 'none' },
} as const satisfies FrontRoutes

const bearer = { authorization: `Bearer ${firstFormKey().key}` }
const config: EdgeConfig = {
  target: '',
  host: undefined,
  inCloud: false,
  project: undefined,
  corsOrigins: [],
  open: false,
  oidc: { issuer: 'x', jwksUrl: 'http://127.0.0.1:1/', audience: undefined, emails: [] },
}

let server: RunningServer | undefined
afterEach(async () => await server?.stop())

async function front(
  reply: (call: Pick<Call, 'bytes' | 'params'>) => Reply,
  overrides: EdgeOverrides = {},
  report?: InstanceReport,
): Promise<string> {
  const handle = async (call: Pick<Call, 'bytes' | 'params'>): Promise<Reply> => reply(call)
  const handlers = { read: handle, put: handle, patch: handle, remove: handle, open: handle }
  const db = fakeDatabase({ tenant_id: 7, scopes: ['metrics:read', 'metrics:write'] })
  server = await startFront(createListener('metrics-ingest', { config, db, routes, handlers, report }, overrides))
  return server.url
}

const long = 'a line that repeats\n'.repeat(500)

describe('a method', () => {
  it.each(['PUT', 'PATCH'] as const)('%s brings its body to the handler', async (method) => {
    const url = await front(({ bytes, params }) => ({ json: [params['id'], String(bytes)] }))
    const { body } = await ask(`${url}/things/7`, { method, body: 'body', headers: bearer })
    expect(await body.json()).toEqual(['7', 'body'])
  })

  it('DELETE has no body', async () => {
    const url = await front(({ bytes }) => ({ json: String(bytes) }))
    const answer = await fetch(`${url}/things/7`, { method: 'DELETE', body: 'body', headers: bearer })
    expect(await answer.json()).toBe('')
  })

  it('that a path lacks is told with those that it has', async () => {
    const url = await front(() => ({}))
    const answer = await fetch(`${url}/things/7`, { method: 'POST', body: '{}', headers: bearer })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'DELETE, GET, HEAD, PATCH, PUT'])
  })
})

describe('a path', () => {
  it('makes no difference between one slash at its end and none', async () => {
    const url = await front(({ params }) => ({ json: params['id'] }))
    const statusOf = async (path: string) => (await fetch(url + path, { headers: bearer })).status
    expect(await Promise.all(['/things/7', '/things/7/', '/things/7//', '/things/'].map(statusOf))).toEqual([
      200, 200, 404, 404,
    ])
  })

  it('that needs no credential has a limit for each address', async () => {
    const now = Date.now()
    // The clock stands still, so that nothing is regained in the meantime.
    const url = await front(() => ({ json: 'open' }), { clock: () => now })
    const answers = await Promise.all(Array.from({ length: 140 }, async () => (await fetch(`${url}/open`)).status))
    expect(answers.filter((status) => status === 200).length).toBe(120)
    expect(answers.filter((status) => status === 429).length).toBe(20)
  })
})

describe('an answer that a client has', () => {
  it.each(['"3"', 'W/"3"', '"1", "3"', '*'])('is 304 without a body for If-None-Match %s', async (sent) => {
    const url = await front(() => ({ json: { version: 3 }, headers: { etag: '"3"' } }))
    const answer = await fetch(`${url}/things/7`, { headers: { ...bearer, 'if-none-match': sent } })
    expect([answer.status, answer.headers.get('etag'), await answer.text()]).toEqual([304, '"3"', ''])
    expect(answer.headers.get('content-type')).toBeNull()
  })

  it('is sent when the ETag is another one, and to what is no GET', async () => {
    const url = await front(() => ({ json: 1, headers: { etag: '"3"' } }))
    const statusOf = async (method: string, etag: string) =>
      (await fetch(`${url}/things/7`, { method, headers: { ...bearer, 'if-none-match': etag } })).status
    expect([await statusOf('GET', '"4"'), await statusOf('DELETE', '"3"')]).toEqual([200, 200])
  })
})

describe('an answer without a version', () => {
  const tagOf = async (reply: Reply, headers: Record<string, string> = {}): Promise<string | null> => {
    const url = await front(() => reply)
    const answer = await fetch(`${url}/things/7`, { headers: { ...bearer, ...headers } })
    await answer.text()
    await server?.stop()
    return answer.headers.get('etag')
  }

  it('has a weak ETag of what the client reads: the body, its type and the next page', async () => {
    const tags = [
      await tagOf({ json: [1] }),
      await tagOf({ json: [2] }),
      await tagOf({ text: '[1]', type: 'text/plain' }),
      await tagOf({ json: [1], headers: { link: '<?cursor=2>; rel="next"' } }),
    ]
    for (const tag of tags) expect(tag).toMatch(/^W\/"[\w-]{22}"$/)
    expect(new Set(tags).size).toBe(4)
    expect(await tagOf({ bytes: Buffer.from('[1]') })).toBe(tags[0])
    expect(await tagOf({ text: long }, { 'accept-encoding': 'gzip' })).toBe(await tagOf({ text: long }))
  })

  it('is 304 while it stays the same, and lets the client alone store it', async () => {
    let reply: Reply = { text: long, headers: { link: '<?cursor=2>; rel="next"' } }
    const url = await front(() => reply)
    const first = await fetch(`${url}/things/7`, { headers: bearer })
    expect(first.headers.get('cache-control')).toBe('private, no-cache')
    const conditional = { ...bearer, 'if-none-match': first.headers.get('etag') ?? '' }
    const same = await ask(`${url}/things/7`, { headers: conditional })
    expect([same.statusCode, await same.body.text()]).toEqual([304, ''])
    for (const name of ['etag', 'link', 'vary', 'cache-control'])
      expect(same.headers[name]).toBe(first.headers.get(name))
    for (const name of ['content-type', 'content-encoding']) expect(same.headers).not.toHaveProperty(name)
    reply = { text: `${long}.` }
    expect((await fetch(`${url}/things/7`, { headers: conditional })).status).toBe(200)
  })

  it('has none where it is no success of a GET', async () => {
    const replies: readonly (readonly [string, Reply])[] = [
      ['DELETE', { json: 1 }],
      ['GET', {}],
      ['GET', { status: 500, json: 1 }],
    ]
    for (const [method, reply] of replies) {
      const url = await front(() => reply)
      const { headers } = await fetch(`${url}/things/7`, { method, headers: { ...bearer, 'if-none-match': '*' } })
      expect([headers.get('etag'), headers.get('cache-control')]).toEqual([null, 'no-store'])
      await server?.stop()
    }
  })

  it('keeps what its route says of caches', async () => {
    const url = await front(() => ({ json: 1, headers: { 'cache-control': 'no-store' } }))
    const { headers } = await fetch(`${url}/things/7`, { headers: bearer })
    expect([headers.get('cache-control'), headers.get('etag')]).toEqual(['no-store', expect.stringMatching(/^W/)])
  })
})

describe('HEAD', () => {
  it.each<[string, Reply, Record<string, string>]>([
    ['short', { json: 1 }, {}],
    ['compressed', { text: long }, { 'accept-encoding': 'gzip' }],
    ['with a version', { text: long, headers: { etag: '"3"' } }, { 'accept-encoding': 'gzip' }],
    ['that the client has', { json: 1, headers: { etag: '"3"' } }, { 'if-none-match': '"3"' }],
    ['without a body', {}, {}],
    ['that is a failure', { status: 500, json: 1 }, {}],
  ])('gets the status and the headers of an answer %s, and no body', async (_what, reply, sent) => {
    const url = await front(() => reply)
    const of = async (method: 'GET' | 'HEAD') => {
      const { statusCode, headers, body } = await ask(`${url}/things/7`, { method, headers: { ...bearer, ...sent } })
      // Headers of this one exchange. The client ends the connection after a HEAD.
      for (const name of ['date', 'x-request-id', 'x-request-time', 'connection', 'keep-alive']) delete headers[name]
      return { statusCode, headers, length: (await body.arrayBuffer()).byteLength }
    }
    const [head, get] = [await of('HEAD'), await of('GET')]
    expect(head).toEqual({ ...get, length: 0 })
    expect(Number(get.headers['content-length'] ?? 0)).toBe(get.length)
  })

  it('is refused like GET', async () => {
    const url = await front(() => ({ json: 1 }))
    const statusOf = async (path: string, headers: Record<string, string>) => {
      const answer = await fetch(url + path, { method: 'HEAD', headers })
      return [answer.status, answer.headers.get('content-type'), await answer.text()]
    }
    const problem = 'application/problem+json'
    expect(await statusOf('/things/7', {})).toEqual([401, problem, ''])
    expect(await statusOf('/nothing', bearer)).toEqual([404, problem, ''])
  })

  it('sends nothing of the body, and reports so, whether it succeeds or fails', async () => {
    const sent: number[] = []
    const report: InstanceReport = {
      requestEnded: async ({ bytesOut }) => void sent.push(bytesOut),
      writeLast: async () => {},
    }
    const url = await front(
      ({ params }) => (params['id'] === '7' ? { text: long } : { status: 404, json: 1 }),
      {},
      report,
    )
    for (const path of ['/things/7', '/things/8', '/things/9/nothing'])
      await fetch(url + path, { method: 'HEAD', headers: bearer })
    await fetch(`${url}/things/7`, { headers: { ...bearer, 'accept-encoding': 'identity' } })
    expect(sent).toEqual([0, 0, 0, long.length])
  })

  it('and 304 release the memory of the body, and so does compression', async () => {
    const requests: readonly (readonly ['GET' | 'HEAD', Record<string, string>])[] = [
      ['HEAD', {}],
      ['GET', { 'if-none-match': '*' }],
      ['GET', { 'accept-encoding': 'gzip' }],
    ]
    for (const [method, sent] of requests) {
      const owned = ownedText(long)
      const url = await front(() => ({ owned }))
      const { body } = await ask(`${url}/things/7`, { method, headers: { ...bearer, ...sent } })
      await body.dump()
      expect(owned.length).toBe(0)
      await server?.stop()
    }
  })
})

describe('a long answer', () => {
  it.each([
    ['gzip', gunzipSync],
    ['zstd', zstdDecompressSync],
  ])('is sent as %s where the client asks for it', async (coding, inflate) => {
    const url = await front(() => ({ text: long, type: 'text/plain' }))
    const { headers, body } = await ask(`${url}/things/7`, { headers: { ...bearer, 'accept-encoding': coding } })
    const bytes = Buffer.from(await body.arrayBuffer())
    expect(inflate(bytes).toString()).toBe(long)
    expect(headers).toMatchObject({
      'content-encoding': coding,
      'content-length': String(bytes.length),
      vary: 'Origin, Accept-Encoding',
    })
  })

  it('is sent as it is where nothing was asked for, and tells caches so', async () => {
    const url = await front(() => ({ text: long, type: 'text/plain' }))
    const { headers, body } = await ask(`${url}/things/7`, { headers: bearer })
    expect(await body.text()).toBe(long)
    expect(headers).not.toHaveProperty('content-encoding')
    expect(headers['vary']).toBe('Origin, Accept-Encoding')
  })

  it('with a strong ETag, of a compressed type, or that would not shrink stays as it is', async () => {
    const replies: readonly Reply[] = [
      { text: long, headers: { etag: '"3"' } },
      { bytes: Buffer.from(long), type: 'image/png' },
      { text: 'short' },
    ]
    for (const reply of replies) {
      const url = await front(() => reply)
      const { headers, body } = await ask(`${url}/things/7`, { headers: { ...bearer, 'accept-encoding': 'gzip' } })
      await body.dump()
      expect(headers).not.toHaveProperty('content-encoding')
      await server?.stop()
    }
  })
})
