// Ends a server without dropping a request.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface DrainLimits {
  /** Milliseconds after which requests in flight are dropped. */
  readonly withinMs: number
  /** Milliseconds for which an idle reused connection may still send a request. */
  readonly stragglerMs: number
}

/** Ends the server; returns the number of requests that had to be dropped. */
export type Drain = (limits: DrainLimits) => Promise<number>

/**
 * Watches a server's requests; call it before the first one. The returned function stops accepting connections, lets requests in flight
 * and those on open reused connections be answered (with `Connection: close`), then closes every connection.
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
    // Uses net.Server's `close`, because http.Server's also closes idle connections, on which a request may be arriving.
    NetServer.prototype.close.call(server, () => {
      open = false
    })
    while (open && elapsed() < withinMs && (inFlight.size > 0 || elapsed() < stragglerMs)) await sleep(10)
    const givenUp = inFlight.size
    server.closeAllConnections()
    return givenUp
  }
}
