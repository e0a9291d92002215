import { once } from 'node:events'
import {
  Agent,
  createServer,
  type IncomingMessage,
  type RequestListener,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { closeServer, listenOnLoopback } from '../listen.ts'
import { createAgent, type Upstream } from './forward.ts'
import { createFunctionDoor } from './gateway.ts'

const servers: Server[] = []
let handle: RequestListener
let fake: Server
let upstream: Upstream
let base: string
let kept: Agent

beforeEach(async () => {
  kept = new Agent({ keepAlive: true })
  handle = tell
  fake = createServer((req, res) => handle(req, res))
  const port = await listen(fake)
  upstream = { name: 'fake', port: async () => port, timeoutMs: 5_000, agent: createAgent() }
  base = await doorTo({})
})

afterEach(async () => {
  kept.destroy()
  upstream.agent.destroy()
  await Promise.all(servers.splice(0).map((server) => closeServer(server)))
})

test('headers arrive as they were sent, but those of the connection', async () => {
  const answer = await fetch(`${base}/x`, {
    headers: { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https', 'x-kept': 'yes', te: 'trailers' },
  })

  const { headers } = (await answer.json()) as { headers: Record<string, string> }
  expect(headers).toMatchObject({
    host: new URL(base).host,
    'x-forwarded-for': '203.0.113.9, 127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-kept': 'yes',
  })
  expect(headers).not.toHaveProperty('te')
})

test('a request that comes straight from its client has that one address', async () => {
  const { headers } = (await (await fetch(`${base}/x`)).json()) as { headers: Record<string, string> }

  expect(headers['x-forwarded-for']).toBe('127.0.0.1')
})

test('what a Connection header names is dropped, in both directions', async () => {
  handle = (_, res) => res.writeHead(200, { connection: 'x-private', 'x-private': '1', 'x-public': '1' }).end()
  const answer = await fetch(`${base}/x`)
  expect([answer.headers.get('x-private'), answer.headers.get('x-public')]).toEqual([null, '1'])

  handle = tell
  const raw = await talk(`GET /x HTTP/1.1\r\nHost: h\r\nConnection: close, x-mine\r\nX-Mine: 1\r\nX-Other: 1\r\n\r\n`)
  expect(raw).toContain('"x-other":"1"')
  expect(raw).not.toContain('x-mine')
})

test('status, reason, repeated headers and body come back as they were', async () => {
  handle = (_, res) => {
    res.writeHead(299, 'Fine Indeed', ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Content-Length', '3'])
    res.end('abc')
  }
  const answer = await fetch(`${base}/x`)

  expect([answer.status, answer.statusText]).toEqual([299, 'Fine Indeed'])
  expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  expect(answer.headers.get('content-length')).toBe('3')
  expect(await answer.text()).toBe('abc')
})

test('a body of 8 MiB goes there and back unchanged, with and without a declared length', async () => {
  handle = (req, res) => req.pipe(res)
  const body = Buffer.alloc(8 * 1024 * 1024, 'penstock')

  const declared = await fetch(`${base}/x`, { method: 'POST', body })
  expect(Buffer.compare(Buffer.from(await declared.arrayBuffer()), body)).toBe(0)
  const chunked = await fetch(`${base}/x`, {
    method: 'POST',
    body: new Blob([body]).stream(),
    duplex: 'half',
  } as RequestInit)
  expect(Buffer.compare(Buffer.from(await chunked.arrayBuffer()), body)).toBe(0)
})

test('bodies are passed on while they arrive, in both directions', async () => {
  handle = (req, res) => {
    req.on('data', (chunk: Buffer) => res.write(`got ${chunk.toString()}`))
    req.on('end', () => res.end())
  }
  const { outgoing, answered } = post('/x', { 'transfer-encoding': 'chunked' })
  outgoing.write('one')
  await sleep(50)
  outgoing.end('two')

  expect(await text(await answered)).toBe('got onegot two')
})

test('a POST without a body stays one', async () => {
  const raw = await talk('POST /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')

  expect(raw).toContain('"content-length":"0"')
  expect(raw).not.toContain('transfer-encoding":')
})

test('a refusal reaches a client that is still sending, and then the connection closes', async () => {
  handle = (_, res) => res.writeHead(413, { 'content-type': 'text/plain', 'content-length': '5' }).end('large')
  const { outgoing, answered } = post('/x', { 'content-length': String(64 * 1024 * 1024) })
  outgoing.write(Buffer.alloc(1024 * 1024))

  const answer = await answered
  expect(answer.statusCode).toBe(413)
  expect(answer.headers.connection).toBe('close')
  expect(await text(answer)).toBe('large')
  await once(outgoing.socket as Socket, 'close', { signal: AbortSignal.timeout(5_000) })
})

test('a refused client may send the rest of its body without losing the answer', async () => {
  handle = (_, res) => res.writeHead(401, { 'content-length': '2' }).end('no')
  const body = Buffer.alloc(4 * 1024 * 1024)
  for (let i = 0; i < 20; i++) {
    const { outgoing, answered } = post('/x', { 'content-length': String(body.length) })
    outgoing.end(body)
    const answer = await answered
    expect([answer.statusCode, await text(answer)]).toEqual([401, 'no'])
  }
})

test('a client that asks first is told to go on when the function says so', async () => {
  handle = (req, res) => req.pipe(res)
  const { outgoing, answered } = post('/x', { 'content-length': '4', expect: '100-continue' })
  outgoing.flushHeaders()
  await once(outgoing, 'continue', { signal: AbortSignal.timeout(5_000) })
  outgoing.end('body')

  expect(await text(await answered)).toBe('body')
})

test('a client that asks first is refused without sending, and its connection is not used again', async () => {
  fake.on('checkContinue', (_, res: ServerResponse) => res.writeHead(413, { 'content-length': '0' }).end())
  let told = false
  const { outgoing, answered } = post('/x', { 'content-length': '4', expect: '100-continue' })
  outgoing.on('continue', () => {
    told = true
  })
  outgoing.flushHeaders()

  const answer = await answered
  expect([answer.statusCode, answer.headers.connection, told]).toEqual([413, 'close', false])
})

test('a client that goes away ends the request at the function', async () => {
  const begun = Promise.withResolvers<IncomingMessage>()
  const ended = new Promise<string>((resolve) => {
    handle = (req, res) => {
      begun.resolve(req)
      res.on('close', () => resolve('it ended'))
    }
  })
  const outgoing = request(`${base}/x`).on('error', () => {})
  outgoing.end()
  await begun.promise
  outgoing.destroy()

  expect(await Promise.race([ended, sleep(1_000, 'it goes on')])).toBe('it ended')
})

test('a function that ends without an answer is a problem 502', async () => {
  handle = (req) => req.socket.destroy()
  const answer = await fetch(`${base}/x`)

  expect(answer.status).toBe(502)
  expect(await answer.json()).toMatchObject({ detail: 'fake ended before it answered.' })
})

test('an answer that breaks off breaks off for the client too', async () => {
  handle = (req, res) => {
    res.writeHead(200, { 'content-length': '100' }).write('begun')
    setTimeout(() => req.socket.destroy(), 50)
  }

  await expect(fetch(`${base}/x`).then((answer) => answer.text())).rejects.toThrow()
})

test('a function that cannot be started is a problem 502, with a body waiting too', async () => {
  base = await doorTo({ port: async () => Promise.reject(new Error('bad settings')) })

  const answer = await fetch(`${base}/x`, { method: 'POST', body: Buffer.alloc(1024 * 1024) })
  expect(answer.status).toBe(502)
  expect(await answer.text()).not.toContain('bad settings')
})

test('a function that takes longer than it may is a problem 504', async () => {
  handle = () => {}
  base = await doorTo({ timeoutMs: 100 })

  expect((await fetch(`${base}/x`)).status).toBe(504)
})

test('a request into a kept connection that is just ending is sent again when it has no body', async () => {
  const known = new Set<Socket>()
  handle = (req, res) => {
    if (known.has(req.socket)) req.socket.resetAndDestroy()
    else tell(req, res)
    known.add(req.socket)
  }
  const statusOf = async (init: RequestInit) => {
    const answer = await fetch(`${base}/x`, init)
    await answer.text()
    return answer.status
  }

  expect(await statusOf({})).toBe(200)
  expect(await statusOf({})).toBe(200)
  expect(known.size).toBe(2)
  // The body may be lost by then, or taken already.
  handle = tell
  expect(await statusOf({})).toBe(200)
  handle = (req) => req.socket.resetAndDestroy()
  expect(await statusOf({ method: 'POST', body: 'x' })).toBe(502)
})

test("connections to a function are kept, whatever the client's do", async () => {
  let connections = 0
  fake.on('connection', () => {
    connections++
  })
  for (let i = 0; i < 5; i++) await (await fetch(`${base}/x`, { headers: { connection: 'close' } })).text()

  expect(connections).toBe(1)
})

function tell(req: IncomingMessage, res: ServerResponse): void {
  req.resume()
  const { method, url, headers } = req
  req.on('end', () => res.end(JSON.stringify({ method, url, headers })))
}

async function doorTo(changed: Partial<Upstream>): Promise<string> {
  return `http://127.0.0.1:${await listen(createFunctionDoor({ ...upstream, ...changed }, ['*']))}`
}

async function listen(server: Server): Promise<number> {
  servers.push(server)
  return await listenOnLoopback(server, 0)
}

function post(path: string, headers: Record<string, string>) {
  const outgoing = request(base + path, { method: 'POST', headers, agent: kept })
  // A refused client may find its connection closed while it sends; what counts is the answer.
  outgoing.on('error', () => {})
  const answered = once(outgoing, 'response', { signal: AbortSignal.timeout(10_000) }).then(
    ([answer]) => answer as IncomingMessage,
  )
  return { outgoing, answered }
}

async function talk(message: string): Promise<string> {
  const socket = connect(Number(new URL(base).port), '127.0.0.1')
  socket.write(message)
  return await text(socket)
}
