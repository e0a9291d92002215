import { createServer, type RequestListener } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RunningServer, startServer } from '../../test/support/http/http.ts'
import { post } from './post.ts'

let answer: RequestListener
let server: RunningServer
const seen: { url: string | undefined; host: string | undefined; body: string }[] = []
beforeEach(async () => {
  seen.length = 0
  server = await startServer(
    createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString()
      })
      request.on('end', () => {
        seen.push({ url: request.url, host: request.headers.host, body })
        answer(request, response)
      })
    }),
  )
})
afterEach(async () => await server.stop())

const send = async (timeoutMs = 5_000) =>
  await post(
    { url: new URL(`http://nowhere.invalid:${server.port}/alerts?a=b`), address: '127.0.0.1', family: 4 },
    { headers: { 'content-type': 'application/json' }, body: '{"ä":1}', timeoutMs },
  )

describe('a request', () => {
  it('goes to the address that was checked, with the name of the URL', async () => {
    answer = (_, response) => response.writeHead(204).end()
    expect(await send()).toBe(204)
    expect(seen).toEqual([{ url: '/alerts?a=b', host: `nowhere.invalid:${server.port}`, body: '{"ä":1}' }])
  })

  it('follows no redirect', async () => {
    answer = (_, response) => response.writeHead(302, { location: `http://127.0.0.1:${server.port}/other` }).end()
    expect(await send()).toBe(302)
    expect(seen).toHaveLength(1)
  })

  it('ends with its status after 64 KiB of an answer that does not end', async () => {
    answer = (_, response) => {
      response.writeHead(200)
      const more = setInterval(() => response.write(Buffer.alloc(32 * 1024)), 5)
      response.on('close', () => clearInterval(more))
    }
    expect(await send()).toBe(200)
  })

  it('fails after its time without an answer', async () => {
    answer = () => {}
    await expect(send(200)).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('ends with its status after its time when the answer stops', async () => {
    answer = (_, response) => void response.writeHead(202).write('a')
    expect(await send(200)).toBe(202)
  })

  it('fails when the connection is cut before the answer', async () => {
    answer = (request) => request.socket.destroy()
    await expect(send()).rejects.toMatchObject({ code: 'ECONNRESET' })
  })
})
