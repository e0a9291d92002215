// Counts the bytes that a server answers, by a relay in front of it.
import { createServer, request } from 'node:http'
import { closeServer, listenOnLoopback } from '../../local/listen.ts'

export interface ByteCounter {
  /** The URL to use instead of the server's. */
  readonly url: string
  /** Returns the bytes of the bodies that were answered since the last call. */
  take(): number
  close(): Promise<void>
}

/** Starts a relay on loopback in front of a server. */
export async function countBytes(serverUrl: string): Promise<ByteCounter> {
  let bytes = 0
  const server = createServer((incoming, response) => {
    const { method, headers, url } = incoming
    const onward = request(serverUrl + url, { method, headers }, (answer) => {
      answer.on('data', (data: Buffer) => {
        bytes += data.length
      })
      answer.on('error', () => response.destroy())
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    incoming.pipe(onward)
  })
  return {
    url: `http://127.0.0.1:${await listenOnLoopback(server, 0)}`,
    take() {
      const taken = bytes
      bytes = 0
      return taken
    },
    close: () => closeServer(server),
  }
}
