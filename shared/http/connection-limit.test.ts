import { createServer } from 'node:http'
import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openRaw, type RunningServer, startServer } from '../../test/support/http/http.ts'
import { limitConnections } from './connection-limit.ts'

const running: RunningServer[] = []
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
})

function limited(total: number) {
  const server = createServer((_request, response) => response.end('answered'))
  limitConnections(server, total)
  /** A connection from an address, which sends nothing. */
  const connectFrom = (remoteAddress: string): PassThrough => {
    const socket = Object.assign(new PassThrough(), { remoteAddress })
    server.emit('connection', socket)
    return socket
  }
  return { server, connectFrom }
}

describe('the connections of a server', () => {
  it('are closed at once beyond the share of their peer, and others get theirs', () => {
    const { connectFrom } = limited(10)
    const open = (address: string, count: number): number =>
      Array.from({ length: count }, () => connectFrom(address)).filter(({ destroyed }) => !destroyed).length
    expect(open('198.51.100.7', 300)).toBe(8)
    expect(open('203.0.113.1', 1)).toBe(1)
    expect(open('::ffff:198.51.100.7', 1)).toBe(0)
  })

  it('count by the network of an IPv6 address', () => {
    const { connectFrom } = limited(10)
    const sockets = Array.from({ length: 30 }, (_, host) => connectFrom(`2001:DB8:0:7::${host}`))
    expect(sockets.filter(({ destroyed }) => !destroyed)).toHaveLength(8)
    expect(connectFrom('2001:db8:0:8::1').destroyed).toBe(false)
  })

  it('make room by closing idle ones when all are taken', () => {
    const { server, connectFrom } = limited(10)
    const close = vi.spyOn(server, 'closeIdleConnections')
    for (let peer = 0; peer < 10; peer++) connectFrom(`203.0.113.${peer}`)
    expect(close).not.toHaveBeenCalled()
    expect(connectFrom('198.51.100.7').destroyed).toBe(true)
    expect(close).toHaveBeenCalledOnce()
  })

  it('return their place when they end', async () => {
    const { server } = limited(5)
    const started = await startServer(server)
    running.push(started)
    const kept = await Promise.all(Array.from({ length: 4 }, async () => await openRaw(started.port)))
    await (await openRaw(started.port)).ended()
    kept[0]?.socket.destroy()
    await expect
      .poll(async () => await fetch(started.url).then(async (response) => await response.text(), String))
      .toBe('answered')
  })
})
