// Ending a server without dropping a request.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface DrainLimits {
  /** When what is still in flight is given up, in milliseconds from now. */
  readonly withinMs: number
  /** How long a connection that is kept alive and has no request in flight may still bring one, in milliseconds. */
  readonly stragglerMs: number
}

/** Ends the server; gives the number of requests that had to be given up. */
export type Drain = (limits: DrainLimits) => Promise<number>

/**
 * Watches a server's requests, from before its first one. The function given back stops accepting connections, lets requests in flight
 * and those that kept-alive connections still bring be answered (with `Connection: close`), then closes every connection.
 */
export function drainable(server: Server): Drain {
  const inFlight = new Set<ServerResponse>()
  let draining = false
  const watch = (_request: IncomingMessage, response: ServerResponse): void => {
    inFlight.add(response)
    response.once('close', () => inFlight.delete(response))
    if (draining) response.setHeader('connection', 'close')
  }
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.prependListener(event, watch)

  return async ({ withinMs, stragglerMs }) => {
    draining = true
    for (const response of inFlight) if (!response.headersSent) response.setHeader('connection', 'close')
    const begun = performance.now()
    const elapsed = (): number => performance.now() - begun
    let open = true
    // net.Server's `close`: http.Server's also closes idle connections, on which a request may be arriving.
    NetServer.prototype.close.call(server, () => {
      open = false
    })
    while (open && elapsed() < withinMs && (inFlight.size > 0 || elapsed() < stragglerMs)) await sleep(10)
    const givenUp = inFlight.size
    server.closeAllConnections()
    return givenUp
  }
}
