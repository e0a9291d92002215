// Clients that hold connections to an instance without completing a request: nothing sent, half a head, a body byte by byte.
import { connect, type Socket } from 'node:net'

export interface SlowClients {
  /** Answers that they received nevertheless, by status. */
  readonly answers: ReadonlyMap<number, number>
  /** Closes their connections. Safe to repeat. */
  hangUp(): void
}

const BYTE_MS = 200
const DECLARED = 10_000
/** Bytes that are sent at once; the third kind then sends its body byte by byte. */
const BEGINNINGS = [
  () => '',
  () => 'POST /api/v1/monitoring/metrics HTTP/1.1\r\nHost: penstock\r\nX-Half',
  (apiKey: string) =>
    `POST /api/v1/monitoring/metrics HTTP/1.1\r\nHost: penstock\r\nAuthorization: Bearer ${apiKey}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${DECLARED}\r\n\r\n{`,
]

/** Connects `count` slow clients, alternating between kinds and ports. */
export function startSlowClients(ports: readonly number[], count: number, apiKey: string): SlowClients {
  const answers = new Map<number, number>()
  const sockets = new Set<Socket>()
  for (let i = 0; i < count; i++) {
    const socket = connect(ports[i % ports.length] ?? 0, '127.0.0.1')
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
    socket.once('data', (head: Buffer) => {
      const status = Number(head.toString('latin1', 9, 12))
      answers.set(status, (answers.get(status) ?? 0) + 1)
    })
    socket.write((BEGINNINGS[i % BEGINNINGS.length] ?? BEGINNINGS[0])?.(apiKey) ?? '')
  }
  const dripping = setInterval(() => {
    let i = 0
    for (const socket of sockets) if (i++ % BEGINNINGS.length === BEGINNINGS.length - 1) socket.write(' ')
  }, BYTE_MS)
  return {
    answers,
    hangUp() {
      clearInterval(dripping)
      for (const socket of sockets) socket.destroy()
    },
  }
}
