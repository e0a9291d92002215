import { createServer, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { openRaw, type RunningServer, startServer } from '../../test/support/http/http.ts'
import { type Drain, drainable } from './draining.ts'

const running: RunningServer[] = []

afterEach(async () => {
  for (const server of running.splice(0)) if (server.server.listening) await server.stop()
})

/** A server that answers `/quick` at once and holds everything else. */
async function setUp(): Promise<{ port: number; drain: Drain; held: ServerResponse[] }> {
  const held: ServerResponse[] = []
  const http = createServer((request, response) => {
    if (request.url === '/quick') response.end('quick')
    else held.push(response)
  })
  const drain = drainable(http)
  const server = await startServer(http)
  running.push(server)
  return { port: server.port, drain, held }
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`

describe('draining a server', () => {
  it('is over at once when nobody is connected', async () => {
    const { drain } = await setUp()
    const begun = performance.now()
    expect(await drain({ withinMs: 5_000, stragglerMs: 2_000 })).toBe(0)
    expect(performance.now() - begun).toBeLessThan(500)
  })

  it('lets requests in flight be answered, and ends their connections', async () => {
    const { port, drain, held } = await setUp()
    const raw = await openRaw(port)
    raw.socket.write(get('/held'))
    await expect.poll(() => held.length).toBe(1)
    const drained = drain({ withinMs: 5_000, stragglerMs: 0 })
    held[0]?.end('late')
    expect(await raw.until('late')).toMatch(/^HTTP\/1\.1 200 [^]*connection: close/i)
    await raw.ended()
    expect(await drained).toBe(0)
  })

  it('answers what connections that were kept alive still bring, and ends them', async () => {
    const { port, drain } = await setUp()
    const raw = await openRaw(port)
    raw.socket.write(get('/quick'))
    await raw.until('quick')
    const drained = drain({ withinMs: 5_000, stragglerMs: 2_000 })
    raw.socket.write(get('/quick'))
    expect((await raw.until('connection: close')).match(/HTTP\/1\.1 200/g)).toHaveLength(2)
    await raw.ended()
    expect(await drained).toBe(0)
  })

  it('ends connections that bring nothing after a while', async () => {
    const { port, drain } = await setUp()
    const raw = await openRaw(port)
    raw.socket.write(get('/quick'))
    await raw.until('quick')
    const begun = performance.now()
    expect(await drain({ withinMs: 5_000, stragglerMs: 200 })).toBe(0)
    expect(performance.now() - begun).toBeGreaterThanOrEqual(195)
    await raw.ended()
    expect(performance.now() - begun).toBeLessThan(2_000)
  })

  it('takes no new connection', async () => {
    const { port, drain, held } = await setUp()
    const raw = await openRaw(port)
    raw.socket.write(get('/held'))
    await expect.poll(() => held.length).toBe(1)
    const drained = drain({ withinMs: 5_000, stragglerMs: 0 })
    const refused = new Promise((resolve) => connect(port, '127.0.0.1').once('error', resolve).once('connect', resolve))
    expect(await refused).toMatchObject({ code: 'ECONNREFUSED' })
    held[0]?.end()
    await drained
  })

  it('gives up what does not end in time, and says how much', async () => {
    const { port, drain, held } = await setUp()
    const raws = [await openRaw(port), await openRaw(port)]
    for (const raw of raws) raw.socket.write(get('/held'))
    await expect.poll(() => held.length).toBe(2)
    const begun = performance.now()
    expect(await drain({ withinMs: 200, stragglerMs: 0 })).toBe(2)
    expect(performance.now() - begun).toBeLessThan(1_000)
    for (const raw of raws) await raw.ended()
  })
})
