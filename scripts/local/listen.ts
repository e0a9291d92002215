// Servers of the suite listen on loopback only, and are closed without waiting for idle connections.
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Resolves with the port; 0 chooses a free one. @throws {Error} that says so when the port is in use. */
export async function listenOnLoopback(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`port ${port} is in use`, { cause: error }) : error),
    )
    server.listen(port, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

/** Accepts no more connections, and closes the remaining ones once `until` has resolved. Safe to repeat. */
export async function closeServer(server: Server, until: Promise<unknown> = Promise.resolve()): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  server.closeIdleConnections()
  await until
  server.closeAllConnections()
  await closed
}
