// Faults of the local Cloud Storage, which a test requests call by call.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Transform } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { StorageError } from './error.ts'
import type { StorageReply } from './reply.ts'

/** The purpose of a request; `begin` and `upload` are the two steps of a resumable upload. */
export type StorageCall =
  | 'begin'
  | 'upload'
  | 'stat'
  | 'read'
  | 'delete'
  | 'patch'
  | 'list'
  | 'copy'
  | 'restore'
  | 'other'

/**
 * The fault of one call. A number is the status of an answer to a call that is not done.
 * - `hang`: the call is not done and never answered.
 * - `reset`: the call is not done, and the connection is cut.
 * - `lost`: the call is done, and the connection is cut before the answer.
 * - `cut`: the connection ends in the middle of the downloaded bytes.
 * - `truncate`: the downloaded bytes end in the middle, as if that were all of them.
 * - `corrupt`: one bit of the downloaded bytes, or of the uploaded ones, is inverted on the way.
 */
export type StorageFault = number | 'hang' | 'reset' | 'lost' | 'cut' | 'truncate' | 'corrupt'

/**
 * Called before a call is done, which meets the returned fault, and after it, before the answer. When it throws, the connection is
 * closed.
 */
export type OnCall = (call: StorageCall, when: 'before' | 'after') => StorageFault | undefined

export function callOf(method: string, url: URL): StorageCall {
  const { pathname, searchParams } = url
  if (pathname.includes('/upload/storage/')) {
    if (method === 'PUT') return 'upload'
    return searchParams.get('uploadType') === 'resumable' && method === 'POST' ? 'begin' : 'other'
  }
  if (pathname.endsWith('/o')) return 'list'
  if (pathname.includes('/rewriteTo/')) return 'copy'
  if (/\/o\/[^/]+\/restore$/.test(pathname)) return 'restore'
  if (!/\/o\/[^/]+$/.test(pathname)) return 'other'
  if (method === 'GET') return searchParams.get('alt') === 'media' ? 'read' : 'stat'
  if (method === 'DELETE') return 'delete'
  return method === 'PATCH' ? 'patch' : 'other'
}

/**
 * Applies the fault of a call that is not done. Returns true when nothing remains to be answered. @throws {StorageError} with the
 * requested status.
 */
export function failedBefore(fault: StorageFault | undefined, request: IncomingMessage): boolean {
  if (typeof fault === 'number') throw new StorageError(fault, 'test', 'made to fail')
  if (fault === 'hang') request.resume()
  if (fault === 'reset') request.socket.destroy()
  return fault === 'hang' || fault === 'reset'
}

/** The same request with one bit of its body inverted. */
export function corrupted(request: IncomingMessage): IncomingMessage {
  let isFirst = true
  const damage = new Transform({
    transform(chunk: Buffer, _, done) {
      done(null, isFirst ? inverted(chunk, 0) : chunk)
      isFirst = false
    },
  })
  pipeline(request, damage).catch(() => {})
  return Object.assign(damage, { headers: request.headers, method: request.method }) as unknown as IncomingMessage
}

/** Sends a download with the requested fault. */
export async function sendDamaged(
  response: ServerResponse,
  { status, headers, stream }: StorageReply & { readonly stream: NodeJS.ReadableStream },
  fault: StorageFault | undefined,
): Promise<void> {
  const bytes = await buffer(stream)
  const middle = bytes.length >> 1
  const sent = fault === 'truncate' ? bytes.subarray(0, middle) : fault === 'corrupt' ? inverted(bytes, middle) : bytes
  response.writeHead(status, { ...headers, 'content-length': sent.length })
  if (fault === 'cut') response.write(sent.subarray(0, middle), () => response.destroy())
  else response.end(sent)
}

function inverted(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  if (copy.length > 0) copy.writeUInt8(copy.readUInt8(at) ^ 1, at)
  return copy
}
