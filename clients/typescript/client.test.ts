// What the client does when the suite is busy, silent or wrong: a server says a list of answers, and counts.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Client, createClient } from './client.ts'
import { NoAnswerError } from './problem.ts'

type Reply = (request: IncomingMessage, response: ServerResponse) => void
let replies: Reply[] = []
let seen: IncomingMessage[] = []
let url: string
const server = createServer((request, response) => {
  seen.push(request)
  request.resume()
  const reply = replies.length > 1 ? replies.shift() : replies[0]
  reply?.(request, response)
})

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(() => {
  seen = []
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const answer =
  (status: number, body: unknown, headers: Record<string, string> = {}): Reply =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }
const busy = (retryAfter: string): Reply =>
  answer(
    503,
    { type: 'urn:penstock:problem:unavailable', title: 'Unavailable', status: 503, detail: 'The database is away.' },
    { 'content-type': 'application/problem+json', 'retry-after': retryAfter },
  )
const cut: Reply = (request) => request.socket.destroy()
const silent: Reply = () => {}
const client = (settings: { retries?: number; timeoutMs?: number } = {}): Client =>
  createClient({ url, credential: () => 'token', ...settings })
const body = { insight_id: 'a', user_id: 'b', rating: 5 }
const keys = (): unknown[] => [...new Set(seen.map(({ headers }) => headers['idempotency-key']))]

it('waits as long as the suite says and tries again, a write under one key', async () => {
  replies = [busy('1'), cut, answer(200, { rating: 5 })]
  const began = Date.now()
  expect(await client().call('feedback.rate', { body })).toEqual({ rating: 5 })
  expect(Date.now() - began).toBeGreaterThanOrEqual(1000)
  expect([seen.length, keys().length, typeof keys()[0]]).toEqual([3, 1, 'string'])
  expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer token', 'Bearer token', 'Bearer token'])
})

it('stops after its retries, and at once where the wait is longer than the time that is left', async () => {
  replies = [busy('0')]
  await expect(client({ retries: 2 }).call('feedback.rate', { body })).rejects.toMatchObject({ kind: 'unavailable' })
  expect(seen).toHaveLength(3)

  seen = []
  replies = [busy('3600')]
  await expect(client().call('feedback.rate', { body })).rejects.toMatchObject({ retryAfterMs: 3_600_000 })
  expect(seen).toHaveLength(1)
})

it('repeats nothing that may have been done and that a repetition would do twice', async () => {
  replies = [cut]
  await expect(client().call('partitions.run')).rejects.toThrow(NoAnswerError)
  replies = [busy('0')]
  await expect(client().call('partitions.run')).rejects.toMatchObject({ status: 503 })
  expect(seen).toHaveLength(2)
})

it.each([400, 401, 409, 422, 500])('does not repeat %d', async (status) => {
  replies = [answer(status, 'a page of a proxy')]
  await expect(client().call('metrics-query.series')).rejects.toMatchObject({ status, kind: 'unknown' })
  expect(seen).toHaveLength(1)
})

it.each<[string, Reply]>([
  ['before the answer', silent],
  ['inside the answer', (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).write('[1,')],
])('ends a call when its time is up, %s', async (_, reply) => {
  replies = [reply]
  const call = client({ timeoutMs: 300 }).call('metrics-query.series')
  await expect(call).rejects.toThrow(`${url} did not answer within 300 ms.`)
})

it('ends a call, and a wait, when the caller says so, with his reason', async () => {
  for (const reply of [silent, busy('20')]) {
    replies = [reply]
    const controller = new AbortController()
    const call = client().call('metrics-query.series', {}, { signal: controller.signal })
    setTimeout(() => controller.abort(new Error('The page was left.')), 200)
    await expect(call).rejects.toThrow('The page was left.')
  }
})

it('is small', async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('client.ts', import.meta.url))],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  })
  expect(gzipSync(outputFiles[0]?.contents ?? '').length).toBeLessThan(12 * 1024)
})

it('reads whole numbers exactly, and leaves other numbers and texts as they are', async () => {
  const numbers = '9007199254740993,-9223372036854775808,9007199254740991,0.12345678901234567,1e21'
  const text = String.raw`[${numbers},"9223372036854775807","a\"9223372036854775807"]`
  replies = [(_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(text)]
  const read = [9_007_199_254_740_993n, -(2n ** 63n), 9_007_199_254_740_991, Number('0.12345678901234567'), 1e21]
  const { answer, status, headers } = await client().send('metrics-query.series')
  expect(answer).toEqual([...read, '9223372036854775807', 'a"9223372036854775807'])
  expect([status, headers.get('content-type')]).toEqual([200, 'application/json'])
})

it('gives its credential to no other place: neither by a redirect nor by the link of a page', async () => {
  replies = [answer(302, null, { location: `${url}/elsewhere` }), answer(200, [])]
  await expect(client({ retries: 0 }).call('metrics-query.series')).rejects.toThrow(NoAnswerError)
  expect(seen).toHaveLength(1)

  replies = [answer(200, [1], { link: '<http://127.0.0.1:1/next>; rel="next"' })]
  const read = async () => {
    for await (const page of client().pages('metrics-query.series')) expect(page).toEqual([1])
  }
  await expect(read()).rejects.toThrow('The next page is at http://127.0.0.1:1')
})

it('asks for an answer that it has by `send`, whose answer may be none, and not by `call`', async () => {
  replies = [answer(200, {}, { etag: 'W/"1"' }), (_, response) => void response.writeHead(304, { etag: 'W/"1"' }).end()]
  const query = { insight_id: 'i' }
  const first = await client().send('feedback.stats', { query })
  const header = { 'If-None-Match': first.headers.get('etag') ?? '' }
  const second = await client().send('feedback.stats', { query, header })
  expect([second.status, second.answer]).toEqual([304, undefined])
  expect(seen.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, 'W/"1"'])

  // @ts-expect-error `call` returns no status, so 304 could not be told from an answer.
  await client().call('feedback.stats', { query, header })
  // @ts-expect-error The answer may be none.
  expect(() => second.answer.total_flags).toThrow(TypeError)
})

it('calls fetch as browsers want it, which refuse it as a method of another object', async () => {
  const real = globalThis.fetch
  globalThis.fetch = async function (this: unknown, ...request: Parameters<typeof fetch>) {
    if (this !== undefined && this !== globalThis) throw new TypeError('Illegal invocation')
    return await real(...request)
  }
  try {
    replies = [answer(200, [])]
    expect(await client({ retries: 0 }).call('metrics-query.series')).toEqual([])
  } finally {
    globalThis.fetch = real
  }
})

it('sends each value of a list under its name', async () => {
  replies = [answer(200, { status: 'success', data: [] })]
  await client().call('promql.labels', { query: { 'match[]': ['up', '{job="a"}'] } })
  expect(new URL(seen[0]?.url ?? '', url).searchParams.getAll('match[]')).toEqual(['up', '{job="a"}'])
})
