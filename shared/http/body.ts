// Reads a body, bounded in time and in bytes, both compressed and decompressed.
import type { IncomingMessage } from 'node:http'
import { createGunzip, type Gunzip } from 'node:zlib'
import { busy, malformed, Problem, tooLarge, tooSlow } from '../base/problem.ts'
import type { Allowance } from './body-allowance.ts'
import { bodyBuffer } from './body-buffer.ts'
import { type LeastRate, watchRate } from './least-rate.ts'

export interface BodyOptions {
  readonly gzip: boolean
  /** Maximum bytes, both compressed and decompressed. */
  readonly maxBytes: number
  /** Maximum milliseconds from now. */
  readonly withinMs: number
  readonly leastRate: LeastRate
  readonly allowance: Allowance
}

/** Returns true when a part of the body has not arrived yet. */
export function isArriving(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': transfer } = request.headers
  return !request.complete && (transfer !== undefined || Number(length ?? 0) > 0)
}

/**
 * Checks the declared length before a byte is read, and before a client is asked for its body. @throws {Problem} 413 when it is over the
 * limit.
 */
export function checkDeclaredLength(request: IncomingMessage, maxBytes: number): void {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw overLimit(maxBytes)
}

/**
 * Returns the body, decompressed if it is gzipped. Stops at a limit and leaves the rest unread; the connection can still send an answer.
 * @throws {Problem} 413 over `maxBytes`; 408 after `withinMs`, or below the minimum rate; 400 for invalid gzip or a body that ends early;
 * 429 or 503 from the allowance.
 */
export async function readBody(request: IncomingMessage, options: BodyOptions): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const gunzip = options.gzip ? createGunzip({ chunkSize: 64 * 1024 }) : undefined
  const kept = bodyBuffer(expectedBytes(request, options))
  let received = 0
  let size = 0
  let isWaiting = false

  const count = (chunk: Buffer): void => {
    rate.received(chunk.length)
    received += chunk.length
    if (received > options.maxBytes) reject(overLimit(options.maxBytes))
  }
  const keep = (chunk: Buffer): void => {
    if (!gunzip) rate.received(chunk.length)
    size += chunk.length
    if (size > options.maxBytes) return reject(overLimit(options.maxBytes))
    const room = options.allowance.take(chunk.length)
    kept.add(chunk)
    if (!room) return
    // Nothing more arrives until there is room, not even the end.
    source.pause()
    isWaiting = true
    rate.pause()
    room.then(() => {
      isWaiting = false
      rate.resume()
      source.resume()
    }, reject)
  }
  const timer = setTimeout(() => reject(late(isWaiting)), options.withinMs)
  const rate = watchRate(options.leastRate, () => reject(tooSlowly(options.leastRate)))
  const onClose = (): void => {
    if (!request.complete) reject(new Problem(malformed, 'The connection closed before the whole body had arrived.'))
  }

  request.once('close', onClose)
  request.on('data', gunzip ? count : keep)
  const source = gunzip ? inflating(request, gunzip, reject) : request
  if (gunzip) gunzip.on('data', keep)
  source.once('end', () => resolve(kept.whole()))
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    rate.stop()
    request.off('close', onClose).off('data', gunzip ? count : keep)
    request.unpipe()
    request.pause()
    gunzip?.destroy()
  }
}

/** Returns the length of the body if it is known, otherwise its maximum. */
function expectedBytes({ headers }: IncomingMessage, { gzip, maxBytes }: BodyOptions): number {
  const length = headers['content-length']
  return gzip || length === undefined ? maxBytes : Math.min(Number(length), maxBytes)
}

function inflating(request: IncomingMessage, gunzip: Gunzip, reject: (problem: Problem) => void): Gunzip {
  gunzip.on('error', (error) => reject(new Problem(malformed, 'The body is not valid gzip.', { cause: error })))
  return request.pipe(gunzip)
}

const overLimit = (maxBytes: number): Problem =>
  new Problem(tooLarge, `The body may have at most ${sizeText(maxBytes)}, compressed and decompressed.`)

const sizeText = (bytes: number): string => (bytes < 1024 * 1024 ? `${bytes / 1024} KiB` : `${bytes / 1024 / 1024} MiB`)

const late = (isWaiting: boolean): Problem =>
  isWaiting
    ? busy('There are too many large requests at the same time.')
    : new Problem(tooSlow, 'The body did not arrive within the time limit.')

const tooSlowly = ({ bytesPerS }: LeastRate): Problem =>
  new Problem(tooSlow, `The body arrived at less than ${bytesPerS} bytes a second.`)
