// Buffers whose memory is released once they are sent. Only the functions here make them, so no part of another buffer is ever released.

declare const owned: unique symbol

/** A buffer that is not part of another one. Whoever passes it on gives it up: it is empty after `release`. */
export type OwnedBuffer = Buffer & { readonly [owned]: true }

/** Allocates memory of its own, which is not cleared. */
export function ownedBuffer(size: number): OwnedBuffer {
  return Buffer.allocUnsafeSlow(size) as OwnedBuffer
}

/** Encodes a text in UTF-8. */
export function ownedText(text: string): OwnedBuffer {
  const bytes = ownedBuffer(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
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
