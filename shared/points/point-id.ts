// The id of a point. It depends only on the point's series, its instant, and a key of the installation, so the same point always has the
// same id. The key hides the series' number, from which a tenant could count the series that all others add.
import { createCipheriv } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Micros } from '../base/time.ts'

/** The part of an id for the series: the last two groups of the UUID. */
export type SeriesCode = string

export interface PointIds {
  /**
   * Returns the codes of series, each once. All that are not cached are computed together, with ten cipher calls for any number of them.
   */
  codesOf(series: Iterable<number>): ReadonlyMap<number, SeriesCode>
}

/**
 * The number of rounds of the format-preserving encryption FF1 (NIST SP 800-38G): halves of 31 bits are too short for the four of Luby
 * and Rackoff.
 */
const ROUNDS = 10
const BLOCK = 16
const MASK = 0x7fff_ffff
/** About 10 MB. */
const CACHED = 50_000

/**
 * Opens the ids of an installation. A code is a permutation of 62 bits, a Feistel network over AES-128, applied to the 31 bits of a
 * series' number: different series have different codes under any key, and without the key a code reveals nothing about the number.
 * docs/decisions/0010 explains why the instant remains readable.
 */
export function openPointIds(key: Buffer): PointIds {
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false)
  const cached = new LRUCache<number, SeriesCode>({ max: CACHED })
  return {
    codesOf(series) {
      const codes = new Map<number, SeriesCode>()
      const missing: number[] = []
      for (const id of new Set(series)) {
        const code = cached.get(id)
        if (code === undefined) missing.push(id)
        else codes.set(id, code)
      }
      if (missing.length === 0) return codes
      const { left, right } = permute((blocks) => cipher.update(blocks), missing)
      for (const [i, id] of missing.entries()) {
        const code = toCode(left[i] ?? 0, right[i] ?? 0)
        codes.set(id, code)
        cached.set(id, code)
      }
      return codes
    },
  }
}

/** Makes a UUID version 8 (RFC 9562): 60 bits of microseconds since 1970 (two's complement before that), then the code of the series. */
export function pointId(code: SeriesCode, at: Micros): string {
  // Formatted in two halves, because hexadecimal of a number beyond 32 bits took three times as long, and this is most of the cost of a
  // row.
  const high = Math.floor(at / 2 ** 28)
  const low = hex(at - high * 2 ** 28, 7)
  return `${hex(high >>> 0, 8)}-${low.slice(0, 4)}-8${low.slice(4)}-${code}`
}

interface Halves {
  readonly left: Int32Array
  readonly right: Int32Array
}

/** Runs the Feistel network over all numbers at once. Each round is invertible whatever the cipher returns, so the whole is. */
function permute(encrypt: (blocks: Buffer) => Buffer, numbers: readonly number[]): Halves {
  let left = new Int32Array(numbers.length)
  let right = Int32Array.from(numbers)
  const blocks = Buffer.alloc(numbers.length * BLOCK)
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < numbers.length; i++) {
      blocks[i * BLOCK] = round
      blocks.writeInt32BE(right[i] ?? 0, i * BLOCK + 4)
    }
    const encrypted = encrypt(blocks)
    for (let i = 0; i < numbers.length; i++) left[i] = ((left[i] ?? 0) ^ encrypted.readInt32BE(i * BLOCK)) & MASK
    ;[left, right] = [right, left]
  }
  return { left, right }
}

/** Writes 62 bits after the two of the variant. */
function toCode(left: number, right: number): SeriesCode {
  const low = ((left & 1) << 31) | right
  return `${hex(0x8000 | (left >>> 17), 4)}-${hex((left & 0x1_ffff) >>> 1, 4)}${hex(low >>> 0, 8)}`
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')
