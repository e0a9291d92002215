import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTalker } from './talk.ts'

const THINKS_MS = 900
let server: Server
const port = (): number => (server.address() as AddressInfo).port

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().once('end', () => setTimeout(() => response.end('{}'), THINKS_MS))
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
})
afterAll(() => void server.close())

it('an answer is waited for after the server has said that the body may come', async () => {
  const bytes = Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}')
  const talker = createTalker()
  const { answers, end } = await talker.ask(port(), { bytes, manner: 'finished', method: 'POST', slow: false })
  talker.close()
  expect([answers.map(({ status }) => status), end]).toEqual([[200], 'ended'])
})
