// The number of open connections of a server, counted before a request's headers are there: an unfinished request costs memory, too.
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { networkOf } from '../auth/caller-address.ts'
import { logger } from '../base/logger.ts'
import { createShares } from '../base/shares.ts'

/** Milliseconds between two log lines about refused connections. */
const LOG_MS = 60_000

/**
 * Closes a new connection when its peer holds its share of `total` connections (see shares.ts), or when all are taken; idle connections are
 * then closed to make room. The peer is the other end of the connection, which may be a proxy: front-shares.ts distinguishes the clients
 * behind one as soon as their headers have arrived.
 */
export function limitConnections(server: Server, total: number): void {
  const shares = createShares(total)
  let refusals = 0
  let loggedAt = Number.NEGATIVE_INFINITY
  const logRefusal = (peer: string): void => {
    refusals++
    if (performance.now() - loggedAt < LOG_MS) return
    logger.warn({ peer, refusals }, 'connections.refused')
    loggedAt = performance.now()
    refusals = 0
  }
  server.on('connection', (socket: Socket) => {
    const peer = networkOf(socket.remoteAddress ?? 'unknown')
    const refused = shares.take(peer, 1)
    if (refused === undefined) {
      socket.once('close', () => shares.give(peer, 1))
      return
    }
    socket.destroy()
    if (refused === 'exhausted') server.closeIdleConnections()
    logRefusal(peer)
  })
}
