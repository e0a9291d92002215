// How many values JSON holds, before any of them is made: a body of 32 MiB can hold 11 million empty objects, which is more than an
// instance's memory.

/** Far above the 10,000 entries of a batch. */
export const MAX_VALUES = 1_000_000
/** Below this a body cannot hold so many values that it matters. */
const COUNTED_BYTES = 1024 * 1024

/**
 * Whether JSON holds more than `MAX_VALUES`. Each value but the first stands behind a comma, a bracket or a brace; those inside strings
 * count too, for the limit is generous.
 */
export function hasTooManyValues(bytes: Buffer): boolean {
  if (bytes.length <= COUNTED_BYTES) return false
  let count = 0
  // By index: a buffer's iterator takes seven times as long, which is three times what JSON.parse takes.
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === 0x2c || byte === 0x5b || byte === 0x7b) count++
  }
  return count > MAX_VALUES
}
