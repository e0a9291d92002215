import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { openRaw, type RunningServer, startFront } from '../../test/support/http/http.ts'

const running: RunningServer[] = []

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
})

/** A front that answers each request after a while, with its path. */
async function slowFront(): Promise<RunningServer> {
  const server = await startFront(
    (request, response) => {
      request.resume()
      void sleep(50).then(() => response.end(`answer to ${request.url}`))
    },
    ['*'],
  )
  running.push(server)
  return server
}

/** All that comes back for these bytes; our own side stays open. */
async function answersTo(bytes: string): Promise<string> {
  const { port } = await slowFront()
  const raw = await openRaw(port)
  raw.socket.write(bytes, 'latin1')
  await raw.ended()
  return raw.received()
}

const host = 'Host: penstock.test\r\n'

describe('what is no request', () => {
  it.each([
    ['is garbage', '\x16\x03\x01\x02\x00\x01', 400, 'This is not an HTTP/1.1 request.'],
    ['has a NUL in a header', `GET / HTTP/1.1\r\n${host}X: \0\r\n\r\n`, 400, 'This is not an HTTP/1.1 request.'],
    [
      'has two lengths',
      `POST / HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
      400,
      'This is not an HTTP/1.1 request.',
    ],
    [
      'has headers without an end',
      `GET / HTTP/1.1\r\n${host}X: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'The request line and the headers together may have at most 16 KiB.',
    ],
    [
      'has chunk extensions without an end',
      `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}\r\n`,
      413,
      'The chunk extensions are too large.',
    ],
    ['is CONNECT', `CONNECT penstock.test:443 HTTP/1.1\r\n${host}\r\n`, 405, 'This path supports GET, OPTIONS, POST.'],
  ])('and %s is answered with a problem', async (_what, bytes, status, detail) => {
    const [head = '', body = ''] = (await answersTo(bytes)).split('\r\n\r\n')
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`))
    expect(JSON.parse(body)).toMatchObject({ status, detail, type: expect.any(String), title: expect.any(String) })
    expect(head).toContain('content-type: application/problem+json')
    expect(head).toContain('access-control-allow-origin: *')
    expect(head).toContain('vary: Origin')
    expect(head).toMatch(/x-request-time: \d\.\d{3}/)
    expect(head).toContain('connection: close')
  })

  it('is answered after what came before it', async () => {
    const text = await answersTo(`GET /first HTTP/1.1\r\n${host}\r\nGET /second HTTP/1.1\r\n${host}\r\n\x00\x01\x02`)
    expect(text.match(/answer to \/[a-z]+|HTTP\/1\.1 \d+/g)).toEqual([
      'HTTP/1.1 200',
      'answer to /first',
      'HTTP/1.1 200',
      'answer to /second',
      'HTTP/1.1 400',
    ])
  })

  it('is answered in place of the request whose body it breaks off', async () => {
    const text = await answersTo(`POST /first HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\nzz\r\n`)
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400'])
  })

  it('does not end in the middle of an answer that has begun', async () => {
    const server = await startFront((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('the beginning')
    })
    running.push(server)
    const raw = await openRaw(server.port)
    raw.socket.write(`POST /first HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n`)
    await raw.until('the beginning')
    raw.socket.write('zz\r\n')
    await raw.ended()
    expect(raw.received()).toMatch(/the beginning$/)
  })
})

describe('an expectation that nobody knows', () => {
  it('is passed over', async () => {
    const { port } = await slowFront()
    const raw = await openRaw(port)
    raw.socket.write(`GET /first HTTP/1.1\r\n${host}Expect: 200-ok\r\n\r\n`)
    expect(await raw.until('answer to /first')).toMatch(/^HTTP\/1\.1 200 /)
    raw.socket.destroy()
  })
})
