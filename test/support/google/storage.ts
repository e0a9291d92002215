// A Cloud Storage of a test's own: the local suite's, in a folder of its own, behind a proxy that can be told to misbehave.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Storage, startStorage } from '../../../scripts/local/storage/server.ts'
import { startServer } from '../http/http.ts'

export const TEST_BUCKET = 'test-archive'

/** How one request goes wrong. */
export type StorageFault =
  /** Answered with this status, and nothing is done. */
  | { readonly kind: 'status'; readonly status: number }
  /** Never answered, and nothing is done. */
  | { readonly kind: 'hang' }
  /** Done, and the answer is lost with the connection. */
  | { readonly kind: 'lost' }
  /** The answer's body ends in the middle, as if that were all of it. */
  | { readonly kind: 'truncate' }
  /** A bit of the answer's body is another. */
  | { readonly kind: 'corrupt' }
  /** Answered after that long. */
  | { readonly kind: 'slow'; readonly ms: number }

export interface StorageRequest {
  readonly method: string
  /** Decoded path. */
  readonly path: string
  readonly query: URLSearchParams
}

export interface TestStorage {
  /** A client's `apiEndpoint`. */
  readonly url: string
  /** What it keeps, as files. */
  readonly folder: string
  /** Every request so far, as `METHOD path`. */
  readonly requests: readonly string[]
  /** Asked for each request; undefined: it goes well. Given again, it replaces the one before. */
  breakWith(fault: (request: StorageRequest) => StorageFault | undefined): void
  /** Ends it and deletes the folder. */
  close(): Promise<void>
}

/** Starts one with an empty `TEST_BUCKET`. */
export async function createTestStorage(): Promise<TestStorage> {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-storage-test-'))
  const storage = await startStorage({ folder, clock: Date.now, buckets: [TEST_BUCKET], secretPath: '' })
  const requests: string[] = []
  let faultOf: (request: StorageRequest) => StorageFault | undefined = () => undefined
  const proxy = createProxy(storage, (asked) => {
    requests.push(`${asked.method} ${asked.path}`)
    return faultOf(asked)
  })
  const { url, stop } = await startServer(proxy)
  return {
    url,
    folder,
    requests,
    breakWith(fault) {
      faultOf = fault
    },
    async close() {
      await stop()
      await storage.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function createProxy(storage: Storage, look: (request: StorageRequest) => StorageFault | undefined): Server {
  return createServer((incoming, response) => {
    const url = new URL(incoming.url ?? '/', 'http://localhost')
    const path = decodeURIComponent(url.pathname)
    const fault = look({ method: incoming.method ?? '', path, query: url.searchParams })
    if (fault?.kind === 'status') refuse(incoming, response, fault.status)
    else if (fault?.kind === 'hang') incoming.resume()
    else if (fault?.kind === 'slow') setTimeout(() => forward(storage, incoming, response, undefined), fault.ms)
    else forward(storage, incoming, response, fault)
  })
}

function refuse(incoming: IncomingMessage, response: ServerResponse, status: number): void {
  incoming.resume()
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' })
  response.end(JSON.stringify({ error: { code: status, message: 'made to fail', errors: [{ reason: 'test' }] } }))
}

function forward(
  storage: Storage,
  incoming: IncomingMessage,
  response: ServerResponse,
  fault: StorageFault | undefined,
): void {
  const { method, headers } = incoming
  // The host stays the proxy's: a resumable upload goes on where the answer says, through us again.
  const onward = request(storage.url + incoming.url, { method, headers })
  onward.once('response', (answer) => {
    if (fault?.kind === 'lost') {
      answer.resume().once('end', () => response.destroy())
      return
    }
    const chunks: Buffer[] = []
    answer.on('data', (chunk: Buffer) => chunks.push(chunk))
    answer.once('end', () => {
      const body = damaged(Buffer.concat(chunks), fault)
      const { 'transfer-encoding': _, ...kept } = answer.headers
      response.writeHead(answer.statusCode ?? 500, { ...kept, 'content-length': String(body.length) }).end(body)
    })
  })
  onward.once('error', () => response.destroy())
  incoming.once('aborted', () => onward.destroy())
  incoming.pipe(onward)
}

function damaged(body: Buffer, fault: StorageFault | undefined): Buffer {
  if (fault?.kind === 'truncate') return body.subarray(0, Math.floor(body.length / 2))
  if (fault?.kind !== 'corrupt' || body.length === 0) return body
  const middle = Math.floor(body.length / 2)
  body[middle] = (body[middle] ?? 0) ^ 1
  return body
}
