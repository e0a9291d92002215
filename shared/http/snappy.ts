// Decodes snappy blocks: https://github.com/google/snappy/blob/main/format_description.txt. Not with snappyjs 0.7.0, which never ends on
// a literal whose four-byte length it reads as negative, and accepts a block that holds less or more than it declares.
import { malformed, Problem, tooLarge } from '../base/problem.ts'
import type { Pieces } from '../base/unhurried.ts'

/** Bytes that are read or made between two pauses. They take one millisecond, or ten when each element makes one byte. */
const PIECE_BYTES = 256 * 1024
/** Maximum growth of an element: a copy of three bytes makes 64. */
const MAX_GROWTH = 64 / 3
/** The tag of a literal holds a length up to this one; a longer length follows in one to four bytes. */
const SHORT_LITERAL = 60

/**
 * Returns the size that a block declares, before any memory is allocated.
 * @throws {Problem} 413 for more than `maxBytes`; 400 for a block that cannot hold the declared size.
 */
export function snappyLength(block: Buffer, maxBytes: number): number {
  const { length } = readPreamble(block)
  if (length > maxBytes) throw new Problem(tooLarge, `The body may have at most ${maxBytes} bytes when decompressed.`)
  return length
}

/**
 * Returns the content of a block, in pieces of 256 KiB of it. Time and memory are bounded by its size.
 * @throws {Problem} 400 for an invalid block.
 */
export function* inflateSnappy(block: Buffer): Pieces<Buffer> {
  const { length, size } = readPreamble(block)
  const out = Buffer.allocUnsafe(length)
  let at = size
  let made = 0
  let paused = at
  let pausedMade = made
  while (at < block.length) {
    if (at - paused > PIECE_BYTES || made - pausedMade > PIECE_BYTES) {
      paused = at
      pausedMade = made
      yield
    }
    const tag = byteAt(block, at++)
    const kind = tag & 3
    let count = (tag >>> 2) + 1
    if (kind === 0) {
      if (count > SHORT_LITERAL) {
        const bytes = count - SHORT_LITERAL
        count = wholeNumberAt(block, at, bytes) + 1
        at += bytes
      }
      if (count > block.length - at) throw notSnappy('it ends inside a literal')
      if (count > length - made) throw notSnappy('it holds more bytes than its header says')
      block.copy(out, made, at, at + count)
      at += count
    } else {
      let back: number
      if (kind === 1) {
        count = ((tag >>> 2) & 7) + 4
        back = ((tag >>> 5) << 8) | byteAt(block, at++)
      } else {
        const bytes = kind === 2 ? 2 : 4
        back = wholeNumberAt(block, at, bytes)
        at += bytes
      }
      if (back === 0 || back > made) throw notSnappy('it copies bytes that are not there')
      if (count > length - made) throw notSnappy('it holds more bytes than its header says')
      // Copies byte by byte, because a copy may read bytes that it writes itself.
      for (let i = made; i < made + count; i++) out[i] = out[i - back] as number
    }
    made += count
  }
  if (made < length) throw notSnappy('it holds fewer bytes than its header says')
  return out
}

function readPreamble(block: Buffer): { readonly length: number; readonly size: number } {
  let length = 0
  for (let size = 0; size < 5; size++) {
    const byte = byteAt(block, size)
    length += (byte & 127) * 2 ** (7 * size)
    if (byte >= 128) continue
    if (length > block.length * MAX_GROWTH) throw notSnappy('it cannot hold as many bytes as its header says')
    return { length, size: size + 1 }
  }
  throw notSnappy('its length has more than 32 bits')
}

function wholeNumberAt(block: Buffer, at: number, bytes: number): number {
  if (bytes > block.length - at) throw notSnappy('it ends inside an element')
  return block.readUIntLE(at, bytes)
}

function byteAt(block: Buffer, at: number): number {
  const byte = block[at]
  if (byte === undefined) throw notSnappy('it ends inside an element')
  return byte
}

const notSnappy = (why: string): Problem => new Problem(malformed, `The body is not a valid snappy block: ${why}.`)
