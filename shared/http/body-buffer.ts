// Puts the chunks of a body together: a large one into a buffer of its whole size, so that it is never held twice.

export interface BodyBuffer {
  /** Takes a chunk over: it is not to be used after that. */
  add(chunk: Buffer): void
  /** All that was added. Once. */
  whole(): Buffer
}

/**
 * Up to here chunks are kept as they came, and put together at the end. More than a body may have before its turn (edge-limits.ts),
 * so that there is one large buffer at a time.
 */
const LISTED_BYTES = 5 * 1024 * 1024

/** `atMost` is the length that was announced, or the most that is taken. More is not added. */
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
 * Gives the memory of a chunk of a request back at once, after which it is empty: garbage is collected only after some hundred MB of
 * them. Does nothing to a chunk that is a part of another buffer.
 */
export function freeChunk({ buffer, length }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0)
}
