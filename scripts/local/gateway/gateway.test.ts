import { createServer, type RequestListener, type Server } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { closeServer, listenOnLoopback } from '../listen.ts'
import { createAgent, type Upstream } from './forward.ts'
import { createFunctionDoor, createGateway } from './gateway.ts'

const table = [
  { function: 'writer', method: 'POST', path: '/things' },
  { function: 'reader', method: 'GET', path: '/things' },
  { function: 'reader', method: 'GET', path: '/things/{id}' },
  { function: 'writer', method: 'GET', path: '/things/special' },
] as const

const servers: Server[] = []
let down: string[]
let functions: Map<string, Upstream>
let base: string

beforeEach(async () => {
  down = []
  functions = new Map()
  for (const name of ['reader', 'writer'] as const) {
    const port = await listen(createServer(tell(name)))
    functions.set(name, { name, port: async () => port, timeoutMs: 5_000, agent: createAgent() })
  }
  base = await listen(createGateway({ functions, table, down: async () => down, corsOrigins: ['*'] })).then(urlOf)
})

afterEach(async () => {
  for (const upstream of functions.values()) upstream.agent.destroy()
  await Promise.all(servers.splice(0).map((server) => closeServer(server)))
})

test.each([
  ['GET', '/things', 'reader'],
  ['POST', '/things', 'writer'],
  ['GET', '/things?path=/other', 'reader'],
  ['GET', '/things/7', 'reader'],
  ['GET', '/things/special', 'writer'],
  ['GET', '/%74hings', 'reader'],
  ['GET', '/things/speci%61l', 'writer'],
  ['DELETE', '/things/7', 'reader'],
  ['PATCH', '/things', 'reader'],
  ['OPTIONS', '/things/special', 'writer'],
])('%s %s goes to %s, as it was asked', async (method, path, name) => {
  expect(await (await fetch(base + path, { method })).json()).toMatchObject({ name, method, url: path })
})

test('HEAD goes where GET goes', async () => {
  for (const [path, name] of [
    ['/things', 'reader'],
    ['/things/special', 'writer'],
  ] as const) {
    const answer = await fetch(base + path, { method: 'HEAD' })
    expect([answer.headers.get('x-told-by'), await answer.text()]).toEqual([name, ''])
  }
})

test('a path with another method goes to a function that has it, which knows what to answer', async () => {
  expect(await (await fetch(`${base}/things`, { method: 'PUT', body: 'x' })).json()).toMatchObject({ method: 'PUT' })
})

test.each(['/', '/things//', '/things/1/2', '/thing'])('%s is a problem 404 that a web page may read', async (path) => {
  const answer = await fetch(base + path, { headers: { origin: 'http://page' } })

  expect(answer.status).toBe(404)
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  expect(answer.headers.get('vary')).toBe('Origin')
  expect(answer.headers.get('x-request-time')).toMatch(/^\d+\.\d{3}$/)
  expect(await answer.json()).toMatchObject({ status: 404, title: expect.any(String), detail: expect.any(String) })
})

test('a path that cannot be decoded is a problem 400', async () => {
  expect((await fetch(`${base}/%zz`)).status).toBe(400)
})

test('health is 200, or 503 with the names of what is down', async () => {
  expect((await fetch(`${base}/health`)).status).toBe(200)
  down = ['database', 'reader']
  const answer = await fetch(`${base}/health`)
  expect(answer.status).toBe(503)
  expect(await answer.json()).toMatchObject({ detail: 'Down: database, reader.' })
  expect((await fetch(`${base}/health`, { method: 'POST' })).status).toBe(405)
  expect((await fetch(`${base}/health`, { method: 'OPTIONS' })).headers.get('access-control-max-age')).toBe('7200')
})

test("a function's health is asked of the function", async () => {
  expect(await (await fetch(`${base}/health/writer`)).json()).toMatchObject({ name: 'writer', url: '/health' })
  expect((await fetch(`${base}/health/nobody`)).status).toBe(404)
})

test("a function's own door passes everything to it, its root too", async () => {
  const door = urlOf(await listen(createFunctionDoor(upstream('writer'), ['*'])))

  const answer = await fetch(`${door}/?tenant=default&multi=1`, { method: 'POST', body: '{}' })
  expect(await answer.json()).toMatchObject({ name: 'writer', method: 'POST', url: '/?tenant=default&multi=1' })
})

test('a table that names a function that is not there is refused', () => {
  const missing = [{ function: 'nobody', method: 'GET', path: '/' }] as const
  expect(() => createGateway({ functions, table: missing, down: async () => [], corsOrigins: [] })).toThrow(/nobody/)
})

function tell(name: string): RequestListener {
  return (req, res) => {
    req.resume()
    const { method, url, headers } = req
    res.setHeader('x-told-by', name)
    req.on('end', () => res.end(JSON.stringify({ name, method, url, headers })))
  }
}

function upstream(name: string): Upstream {
  const found = functions.get(name)
  if (!found) throw new Error(name)
  return found
}

async function listen(server: Server): Promise<number> {
  servers.push(server)
  return await listenOnLoopback(server, 0)
}

const urlOf = (port: number): string => `http://127.0.0.1:${port}`
