// Joins the chunks of a body: a large one into a buffer of its whole size, so that it is never in memory twice.
// Buffers of answers, whose memory is released once they are sent: only the functions here make them, so no part of another buffer is.

export interface BodyBuffer {
  /** Adds a chunk and takes it over: do not use it afterwards. */
  add(chunk: Buffer): void
  /** Returns all added bytes. Call it once. */
  whole(): Buffer
}

/**
 * Up to this size chunks are collected, and joined at the end. It is more than a body may have before its turn (edge-limits.ts), so there
 * is one large buffer at a time.
 */
const LISTED_BYTES = 5 * 1024 * 1024

/** Makes a buffer. `atMost` is the announced length, or the limit; do not add more. */
export function bodyBuffer(atMost: number): BodyBuffer {
  let chunks: Buffer[] = []
  let large: Buffer | undefined
  let size = 0
  const append = (chunk: Buffer): void => {
    large?.set(chunk, size)
    size += chunk.length
    freeChunk(chunk)
  }
  return {
    add(chunk) {
      if (large) return append(chunk)
      chunks.push(chunk)
      size += chunk.length
      if (size <= LISTED_BYTES) return
      large = Buffer.allocUnsafeSlow(atMost)
      size = 0
      for (const one of chunks) append(one)
      chunks = []
    },
    whole() {
      if (large) return large.subarray(0, size)
      const [only] = chunks
      return chunks.length === 1 && only ? only : Buffer.concat(chunks)
    },
  }
}

/**
 * Releases the memory of a request's chunk at once, after which it is empty: garbage is collected only after some hundred MB of chunks.
 * Does nothing to a chunk that is part of another buffer.
 */
export function freeChunk({ buffer, length }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0)
}

/** Bytes that are copied in one piece, which takes a millisecond. */
const COPIED_BYTES = 2 * 1024 * 1024

/** Copies bytes in pieces. Those of the same buffer may only move towards its start. */
export async function copyInPieces(
  bytes: Buffer,
  from: number,
  to: number,
  into: Buffer,
  at: number,
  pause: () => Promise<void> | undefined,
): Promise<void> {
  for (let copied = from; copied < to; copied += COPIED_BYTES) {
    bytes.copy(into, at + copied - from, copied, Math.min(to, copied + COPIED_BYTES))
    await pause()
  }
}

declare const owned: unique symbol

/** A buffer that is not part of another one. Code that passes it on must no longer use it: it is empty after `release`. */
export type OwnedBuffer = Buffer & { readonly [owned]: true }

/** Allocates memory of its own, which is not cleared. */
export function ownedBuffer(size: number): OwnedBuffer {
  return Buffer.allocUnsafeSlow(size) as OwnedBuffer
}

/** Encodes a text in UTF-8, or decodes base64. */
export function ownedText(text: string, encoding: 'utf8' | 'base64' = 'utf8'): OwnedBuffer {
  const bytes = ownedBuffer(Buffer.byteLength(text, encoding))
  bytes.write(text, encoding)
  return bytes
}

/** Copies bytes that others may hold. */
export function ownedCopy(bytes: Uint8Array): OwnedBuffer {
  const copy = ownedBuffer(bytes.length)
  copy.set(bytes)
  return copy
}

/** Returns the first bytes, which take over the memory of the whole. */
export function ownedStart(bytes: OwnedBuffer, end: number): OwnedBuffer {
  return bytes.subarray(0, end) as OwnedBuffer
}

/** Releases the memory at once, rather than when garbage is collected. */
export function release(bytes: OwnedBuffer): void {
  const memory = bytes.buffer as ArrayBuffer
  memory.transfer(0)
}
