import { createServer, type RequestListener, type Server } from 'node:http'
import { Pool } from 'undici'
import { afterEach, expect, it } from 'vitest'
import { freePort } from '../../../database/postgres.ts'
import { closeServer, listenOnLoopback } from '../../../local/listen.ts'
import { type Answer, ask } from './ask.ts'

let server: Server | undefined

afterEach(async () => {
  if (server) await closeServer(server)
  server = undefined
})

async function answerOf(listener: RequestListener): Promise<Answer> {
  server = createServer(listener)
  return await askPort(await listenOnLoopback(server, 0))
}

async function askPort(port: number): Promise<Answer> {
  const pool = new Pool(`http://127.0.0.1:${port}`, { headersTimeout: 200 })
  try {
    return await ask(pool, { method: 'POST', path: '/', headers: {}, body: '{}', expects: 200 })
  } finally {
    await pool.destroy()
  }
}

const answering =
  (status: number, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    response.writeHead(status, headers).end('said')

it('takes the expected status for an acknowledgement', async () => {
  expect(await answerOf(answering(200))).toEqual({ kind: 'acknowledged', status: 200, body: 'said' })
})

it('takes 503, 429 and 409 for what passes only with Retry-After', async () => {
  expect(await answerOf(answering(429, { 'retry-after': '1' }))).toEqual({ kind: 'busy' })
  await closeServer(server as Server)
  expect(await answerOf(answering(503, { 'retry-after': '1' }))).toEqual({ kind: 'busy' })
  await closeServer(server as Server)
  expect(await answerOf(answering(409, { 'retry-after': '1' }))).toEqual({ kind: 'running' })
  await closeServer(server as Server)
  expect(await answerOf(answering(503))).toEqual({ kind: 'wrong', why: '503 said' })
  await closeServer(server as Server)
  expect(await answerOf(answering(503, { 'retry-after': '0' }))).toMatchObject({ kind: 'wrong' })
})

it.each([204, 404, 422, 500, 502])('takes %d for what no caller may see', async (status) => {
  expect(await answerOf(answering(status, { 'retry-after': '1' }))).toMatchObject({ kind: 'wrong' })
})

it('tells a request that was cut off from one that was never sent', async () => {
  expect(await answerOf((request) => request.socket.destroy())).toMatchObject({ kind: 'cut' })
  await closeServer(server as Server)
  expect(await askPort(await freePort())).toMatchObject({ kind: 'unsent' })
})

it('takes it for wrong when there is no answer at all', async () => {
  expect(await answerOf(() => {})).toEqual({ kind: 'wrong', why: 'no answer' })
})
