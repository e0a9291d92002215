import { createServer, type IncomingMessage } from 'node:http'
import { deflateRawSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { openRaw, type RunningServer, startServer } from '../../test/support/http/http.ts'
import type { Problem } from '../base/problem.ts'
import { type BodyOptions, checkDeclaredLength, readBody } from './body.ts'
import { shareAllowance } from './body-allowance.ts'

const LIMIT = 100_000
const running: RunningServer[] = []

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
})

type Outcome = Buffer | Problem

/** A server that reads one body; what came of it. */
async function reader(
  change: Partial<BodyOptions> = {},
): Promise<{ port: number; outcome: Promise<Outcome>; request: () => IncomingMessage }> {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  let seen: IncomingMessage | undefined
  const server = await startServer(
    createServer((request, response) => {
      seen = request
      const options = {
        gzip: false,
        maxBytes: LIMIT,
        withinMs: 5_000,
        leastRate: { graceMs: 5_000, bytesPerS: 1024 },
        allowance: roomFor(10 * LIMIT)('tenant'),
        ...change,
      }
      readBody(request, options).then(
        (bytes) => {
          response.end('read')
          resolve(bytes)
        },
        (problem: unknown) => {
          response.end('refused')
          resolve(problem as Problem)
        },
      )
    }),
  )
  running.push(server)
  return { port: server.port, outcome: promise, request: () => seen as IncomingMessage }
}

/** Sends a body in one piece, with its length or in chunks. */
async function outcomeOf(body: Buffer, change: Partial<BodyOptions> = {}, chunked = false): Promise<Outcome> {
  const { port, outcome } = await reader(change)
  const { socket } = await openRaw(port)
  const head = chunked ? 'transfer-encoding: chunked' : `content-length: ${body.length}`
  socket.write(`POST / HTTP/1.1\r\nhost: x\r\n${head}\r\n\r\n`)
  if (chunked) {
    for (let at = 0; at < body.length; at += 7_000) {
      const part = body.subarray(at, at + 7_000)
      socket.write(`${part.length.toString(16)}\r\n`)
      socket.write(part)
      socket.write('\r\n')
    }
    socket.write('0\r\n\r\n')
  } else socket.write(body)
  const result = await outcome
  socket.destroy()
  return result
}

/** Room of which the oldest may have as much as it likes. */
const roomFor = (sharedBytes: number) =>
  shareAllowance({ tidyUp: () => {} }, { sharedBytes, shareBytes: sharedBytes, freeBytes: 0, waitMs: 200 })

/** The same, each request of a tenant of its own. */
function openFor(sharedBytes: number) {
  const openAs = roomFor(sharedBytes)
  let tenants = 0
  return () => openAs(`tenant ${tenants++}`)
}

const refusedWith = (status: number) => expect.objectContaining({ kind: expect.objectContaining({ status }) })

describe('a body', () => {
  it.each([false, true])('is read whole (in chunks: %s)', async (chunked) => {
    const body = Buffer.alloc(LIMIT / 2, 'äb')
    expect(await outcomeOf(body, {}, chunked)).toEqual(body)
  })

  it.each([false, true])('is read up to its limit and no further (in chunks: %s)', async (chunked) => {
    expect(await outcomeOf(Buffer.alloc(LIMIT - 1), {}, chunked)).toHaveLength(LIMIT - 1)
    expect(await outcomeOf(Buffer.alloc(LIMIT), {}, chunked)).toHaveLength(LIMIT)
    expect(await outcomeOf(Buffer.alloc(LIMIT + 1), {}, chunked)).toEqual(refusedWith(413))
  })

  it('is left unread from where the limit is passed', async () => {
    const { port, outcome, request } = await reader()
    const { socket } = await openRaw(port)
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${100 * LIMIT}\r\n\r\n`)
    socket.write(Buffer.alloc(100 * LIMIT))
    expect(await outcome).toEqual(refusedWith(413))
    expect(request().isPaused()).toBe(true)
    socket.destroy()
  })

  it('is refused by its declared length before a byte is read', () => {
    const declaring = (length?: string): IncomingMessage =>
      ({ headers: { 'content-length': length } }) as unknown as IncomingMessage
    expect(() => checkDeclaredLength(declaring(`${LIMIT}`), LIMIT)).not.toThrow()
    expect(() => checkDeclaredLength(declaring(), LIMIT)).not.toThrow()
    expect(() => checkDeclaredLength(declaring(`${LIMIT + 1}`), LIMIT)).toThrow(refusedWith(413))
  })

  it('is 408 when it does not arrive in time', async () => {
    const { port, outcome } = await reader({ withinMs: 100 })
    const { socket } = await openRaw(port)
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{')
    expect(await outcome).toEqual(refusedWith(408))
    socket.destroy()
  })

  it('is given up when the connection ends', async () => {
    for (const gzip of [false, true]) {
      const { port, outcome } = await reader({ gzip })
      const { socket } = await openRaw(port)
      socket.end('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{')
      expect(await outcome).toEqual(refusedWith(400))
    }
  })

  it('waits for room when all requests together hold too much, and is 503 when there is none in time', async () => {
    const open = openFor(100)
    const [oldest, small] = [open(), open()]
    void oldest.take(10 * LIMIT)
    expect(await outcomeOf(Buffer.alloc(100), { allowance: small })).toHaveLength(100)
    small.release()
    expect(await outcomeOf(Buffer.alloc(LIMIT), { allowance: open() })).toEqual(refusedWith(503))
    const body = Buffer.alloc(LIMIT / 2, 'äb')
    const next = openFor(100)
    const before = next()
    void before.take(10 * LIMIT)
    setTimeout(() => before.release(), 20)
    expect(await outcomeOf(body, { allowance: next() })).toEqual(body)
  })

  it('is 503 and not 408 when it was our room that it waited for', async () => {
    const open = openFor(100)
    void open().take(10 * LIMIT)
    expect(await outcomeOf(Buffer.alloc(LIMIT), { allowance: open(), withinMs: 20 })).toEqual(refusedWith(503))
  })
})

describe('a gzipped body', () => {
  it('is inflated', async () => {
    const body = Buffer.from('x'.repeat(50_000))
    expect(await outcomeOf(gzipSync(body), { gzip: true })).toEqual(body)
    expect(await outcomeOf(gzipSync(body), { gzip: true }, true)).toEqual(body)
  })

  it('is inflated up to the limit and no further', async () => {
    expect(await outcomeOf(gzipSync(Buffer.alloc(LIMIT)), { gzip: true })).toHaveLength(LIMIT)
    expect(await outcomeOf(gzipSync(Buffer.alloc(LIMIT + 1)), { gzip: true })).toEqual(refusedWith(413))
  })

  it('that would become 300 MB is refused after little more than the limit', async () => {
    let taken = 0
    const allowance = {
      take: (bytes: number) => {
        taken += bytes
        return undefined
      },
      release: () => {},
    }
    expect(
      await outcomeOf(gzipSync(Buffer.alloc(300_000_000)), { gzip: true, maxBytes: 1_000_000, allowance }),
    ).toEqual(refusedWith(413))
    expect(taken).toBeLessThanOrEqual(1_000_000)
  })

  it('is counted as sent too', async () => {
    const empties = Buffer.concat(Array(LIMIT / 20 + 1).fill(gzipSync('')))
    expect(await outcomeOf(empties.subarray(0, 20 * 20), { gzip: true })).toEqual(Buffer.alloc(0))
    expect(await outcomeOf(empties, { gzip: true }, true)).toEqual(refusedWith(413))
  })

  it.each([
    ['cut short', gzipSync('x'.repeat(1000)).subarray(0, -12)],
    ['of no bytes', Buffer.alloc(0)],
    ['cut inside its header', gzipSync('x').subarray(0, 5)],
    ['with a broken checksum', Buffer.concat([gzipSync('x').subarray(0, -8), Buffer.alloc(8, 1)])],
    ['that is plain text', Buffer.from('{"a":1}')],
    ['that is bare deflate', deflateRawSync('{"a":1}')],
  ])('%s is malformed', async (_what, body) => {
    expect(await outcomeOf(body, { gzip: true })).toEqual(refusedWith(400))
  })
})
