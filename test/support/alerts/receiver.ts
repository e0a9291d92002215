// A receiver of notifications: it records what it gets, and answers what the test says.
import { createServer } from 'node:http'
import { startServer } from '../http/http.ts'

export interface Received {
  readonly path: string
  readonly id: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Receiver {
  readonly url: string
  /** Everything that came in, in order. */
  readonly got: Received[]
  /** The statuses of the next answers; 200 after them. */
  readonly answers: number[]
  /** Called before each answer. */
  onRequest: () => void | Promise<void>
  close(): Promise<void>
}

export async function openReceiver(): Promise<Receiver> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    const answer = async (): Promise<void> => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
      const body = Buffer.concat(parts).toString()
      receiver.got.push({ path: request.url ?? '', id: headers['x-penstock-notification'] ?? '', headers, body })
      await receiver.onRequest()
      const status = receiver.answers.shift() ?? 200
      response.writeHead(status, status === 302 ? { location: `${receiver.url}/elsewhere` } : {}).end()
    }
    request.on('end', () => void answer())
  })
  const started = await startServer(server)
  const receiver: Receiver = {
    url: started.url,
    got: [],
    answers: [],
    onRequest: () => {},
    close: async () => await started.stop(),
  }
  return receiver
}
