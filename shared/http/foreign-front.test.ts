// The front's support for third-party protocols: snappy bodies, answers in bytes, failures in their form.
import { gzipSync } from 'node:zlib'
import { compress } from 'snappyjs'
import { afterEach, expect, it } from 'vitest'
import { firstFormKey } from '../../test/support/http/api-keys.ts'
import { edgeConfig } from '../../test/support/http/edge-config.ts'
import { type RunningServer, startFront } from '../../test/support/http/http.ts'
import { fakeDatabase } from '../../test/support/postgres/fake-database.ts'
import type { FrontRoutes } from '../base/wire.ts'
import { createListener } from './edge.ts'
import type { Call, Reply } from './service.ts'

const { key } = firstFormKey()
const LIMIT = 1_000

const routes = {
  write: { method: 'POST', path: '/write', scope: 'metrics:write', encoding: 'snappy' },
} as const satisfies FrontRoutes

const config = edgeConfig()

const running: RunningServer[] = []
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
})

/** Posts a body to a route that answers with the body's bytes. */
async function post(body: Buffer, headers: Record<string, string> = {}): Promise<Response> {
  const service = {
    config,
    db: fakeDatabase({ tenant_id: 1, scopes: ['metrics:write'] }),
    routes,
    handlers: { write: async ({ bytes }: Call): Promise<Reply> => ({ bytes, type: 'application/x-protobuf' }) },
    failure: (problem: { kind: { status: number } }, _: unknown, sent: Readonly<Record<string, unknown>>): Reply => ({
      status: problem.kind.status,
      text: `not ${String(sent['content-encoding'])}`,
    }),
  }
  const server = await startFront(createListener('metrics-ingest', service, { limits: { bodyBytes: LIMIT } }))
  running.push(server)
  return await fetch(`${server.url}/write`, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { authorization: `Bearer ${key}`, ...headers },
  })
}

const snappy = { 'content-encoding': 'snappy' }
const compressed = (length: number): Buffer => Buffer.from(compress(Buffer.alloc(length, 'ab')))

it.each([snappy, {}])('a snappy body is inflated, also when it does not say what it is: %o', async (headers) => {
  const response = await post(compressed(LIMIT), headers)
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-protobuf'])
  expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.alloc(LIMIT, 'ab'))).toBe(true)
})

it('a snappy body that is larger than allowed is refused before it is inflated', async () => {
  expect((await post(compressed(LIMIT + 1), snappy)).status).toBe(413)
})

it('what is no snappy is refused, in the shape that the function gives it', async () => {
  expect((await post(Buffer.from('no snappy'), snappy)).status).toBe(400)
  const gzipped = await post(gzipSync('x'), { 'content-encoding': 'gzip' })
  expect([gzipped.status, gzipped.headers.get('accept-encoding'), await gzipped.text()]).toEqual([
    415,
    'snappy',
    'not gzip',
  ])
})

it('an answer may be bytes, and none of them', async () => {
  const response = await post(compressed(0), snappy)
  expect([response.status, response.headers.get('content-length')]).toEqual([200, '0'])
})
