// Servers on ports of their own, and clients that misbehave like a network can.
import type { Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { createFrontServer, type Listener } from '@penstock/shared/http/framework.ts'

export interface RunningServer {
  readonly server: Server
  readonly port: number
  readonly url: string
  stop(): Promise<void>
}

/** Starts a server with a front's listener, like the framework does. */
export async function startFront(listener: Listener, corsOrigins: readonly string[] = []): Promise<RunningServer> {
  return await startServer(createFrontServer(listener, corsOrigins))
}

export async function startServer(server: Server): Promise<RunningServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    server,
    port,
    url: `http://127.0.0.1:${port}`,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A connection whose bytes the test writes itself. */
export interface RawConnection {
  readonly socket: Socket
  /** Returns everything that was received so far. */
  received(): string
  /** Waits until the text has arrived. @throws {Error} with what was received instead, after 5 s or at the end of the connection. */
  until(text: string): Promise<string>
  /** Returns the milliseconds until the other side has ended the connection. */
  ended(): Promise<number>
}

export async function openRaw(port: number): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1')
  const opened = performance.now()
  let text = ''
  let closed = false
  socket.setEncoding('latin1')
  socket.on('data', (data: string) => {
    text += data
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    closed = true
  })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return {
    socket,
    received: () => text,
    async until(expected) {
      const end = performance.now() + 5_000
      while (!text.includes(expected)) {
        if (closed || performance.now() > end)
          throw new Error(`${expected} did not arrive${closed ? ' before the end' : ''}: ${text}`)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      return text
    },
    async ended() {
      if (!closed) await new Promise((resolve) => socket.once('close', resolve))
      return performance.now() - opened
    },
  }
}
