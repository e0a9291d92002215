import { createServer } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { openRaw, type RunningServer, startServer } from '../../test/support/http/http.ts'
import { type AnswerLimits, sendAnswer, toAnswer } from './answer.ts'
import { ownedBuffer, ownedText } from './body-buffer.ts'

const MIB = 1024 * 1024
const running: RunningServer[] = []

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
})

/** A server that answers without looking at the body, once what came with the head has been taken in. */
async function hasty(limits: Partial<AnswerLimits> = {}, status = 401): Promise<RunningServer> {
  const answer = status === 204 ? toAnswer({ status }) : toAnswer({ status, json: { refused: true } })
  const server = await startServer(
    createServer((request, response) => {
      const all = { lingerMs: 1_000, lingerBytes: 64 * MIB, stalledMs: 5_000, ...limits }
      setImmediate(() => sendAnswer(request, response, answer, all))
    }),
  )
  running.push(server)
  return server
}

describe('an answer', () => {
  it('is JSON with its length, or text or bytes of another type, or nothing', () => {
    expect(toAnswer({ json: { a: 'ä' } })).toEqual({
      status: 200,
      headers: { 'content-type': 'application/json', 'content-length': '10' },
      body: Buffer.from('{"a":"ä"}'),
    })
    expect(toAnswer({ text: 'x', type: 'text/plain', status: 418, headers: { link: '<y>' } })).toEqual({
      status: 418,
      headers: { 'content-type': 'text/plain', 'content-length': '1', link: '<y>' },
      body: Buffer.from('x'),
    })
    expect(toAnswer({ bytes: Buffer.alloc(0), type: 'application/x-protobuf' })).toEqual({
      status: 200,
      headers: { 'content-type': 'application/x-protobuf', 'content-length': '0' },
      body: Buffer.alloc(0),
    })
    expect(toAnswer({})).toEqual({ status: 204, headers: {}, body: undefined })
    expect(toAnswer({ json: null }).body?.toString()).toBe('null')
  })

  it.each([{ headers: { link: 'a\r\nb' } }, { headers: { link: '☃' } }, { json: 1n }])('is not made of %o', (reply) => {
    expect(() => toAnswer(reply)).toThrow()
  })
})

describe('an answer whose bytes nobody else holds', () => {
  it.each([100, 2 * MIB])('of %i bytes arrives whole, and its memory is given back then', async (size) => {
    const bytes = ownedText('x'.repeat(size))
    const { port, stop } = await startServer(
      createServer((request, response) => {
        sendAnswer(request, response, toAnswer({ owned: bytes }), {
          lingerMs: 0,
          lingerBytes: 0,
          stalledMs: 9e3,
        })
      }),
    )
    const response = await fetch(`http://127.0.0.1:${port}/`)
    expect(await response.text()).toBe('x'.repeat(size))
    expect(bytes.length).toBe(0)
    await stop()
  })

  it('keeps its memory while it is on its way to a caller who reads nothing', async () => {
    const bytes = ownedBuffer(64 * MIB)
    const { port, stop } = await startServer(
      createServer((request, response) => {
        sendAnswer(request, response, toAnswer({ owned: bytes }), {
          lingerMs: 0,
          lingerBytes: 0,
          stalledMs: 200,
        })
      }),
    )
    const raw = await openRaw(port)
    raw.socket.pause()
    raw.socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(bytes.length).toBe(64 * MIB)
    raw.socket.destroy()
    await stop()
  })
})

describe('an answer before the body has arrived', () => {
  it('reaches a caller who first sends everything', async () => {
    const { port } = await hasty()
    const raw = await openRaw(port)
    raw.socket.pause()
    raw.socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${33 * MIB}\r\n\r\n`)
    await new Promise((resolve) => raw.socket.write(Buffer.alloc(33 * MIB), resolve))
    raw.socket.resume()
    expect(await raw.until('{"refused":true}')).toMatch(/^HTTP\/1\.1 401 /)
    await raw.ended()
  })

  it('is whole at once, and the connection ends when the body does', async () => {
    const { port } = await hasty({ lingerMs: 60_000 })
    const raw = await openRaw(port)
    raw.socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n12345')
    expect(await raw.until('{"refused":true}')).toMatch(/^HTTP\/1\.1 401 [^]*\r\nconnection: close\r\n/i)
    raw.socket.write('67890')
    expect(await raw.ended()).toBeLessThan(2_000)
  })

  it('reaches a caller who asked for its head alone', async () => {
    const { port } = await hasty({ lingerMs: 60_000 })
    const raw = await openRaw(port)
    raw.socket.write('HEAD / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n')
    expect(await raw.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 401 [^]*\r\n\r\n$/)
    raw.socket.destroy()
  })

  it('has no body where the status has none', async () => {
    const { port } = await hasty({ lingerMs: 60_000 }, 204)
    const raw = await openRaw(port)
    raw.socket.write('OPTIONS / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n')
    const text = await raw.until('\r\n\r\n')
    expect(text).toMatch(/^HTTP\/1\.1 204 /)
    expect(text).not.toMatch(/transfer-encoding|content-length/i)
    raw.socket.destroy()
  })

  it('does not wait for ever for the rest', async () => {
    const { port } = await hasty({ lingerMs: 200 })
    const raw = await openRaw(port)
    raw.socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n')
    const ended = await raw.ended()
    expect(ended).toBeGreaterThan(150)
    expect(ended).toBeLessThan(2_000)
  })

  it('does not take the rest without an end', async () => {
    const { port } = await hasty({ lingerMs: 60_000, lingerBytes: MIB })
    const raw = await openRaw(port)
    raw.socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${1000 * MIB}\r\n\r\n`)
    await raw.until('{"refused":true}')
    const flood = setInterval(() => raw.socket.write(Buffer.alloc(64 * 1024)), 1)
    expect(await raw.ended()).toBeLessThan(5_000)
    clearInterval(flood)
  })

  it('leaves the connection as it is when the body has arrived', async () => {
    const { port } = await hasty()
    const raw = await openRaw(port)
    raw.socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n12345')
    await raw.until('{"refused":true}')
    raw.socket.write('GET /second HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    await raw.ended()
    expect(raw.received().match(/HTTP\/1\.1 401/g)).toHaveLength(2)
  })
})

describe('a caller who takes nothing of its answer', () => {
  it('is let go', async () => {
    const server = await startServer(
      createServer((request, response) => {
        const answer = toAnswer({ text: 'x'.repeat(64 * MIB) })
        sendAnswer(request, response, answer, { lingerMs: 100, lingerBytes: 100, stalledMs: 200 })
      }),
    )
    running.push(server)
    const raw = await openRaw(server.port)
    raw.socket.pause()
    raw.socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await expect.poll(async () => await connections(server), { timeout: 5_000 }).toBe(1)
    await expect.poll(async () => await connections(server), { timeout: 5_000 }).toBe(0)
    raw.socket.destroy()
  })
})

async function connections({ server }: RunningServer): Promise<number> {
  return await new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  )
}
