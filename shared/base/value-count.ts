// Counts the values in JSON before any of them is created: a body of 32 MiB can hold 11 million empty objects, more than an instance's
// memory.

/** Far above the 10,000 entries of a batch. */
export const MAX_VALUES = 1_000_000
/** A body below this size cannot hold enough values to matter, so it is not counted. */
const COUNTED_BYTES = 1024 * 1024

/**
 * True when JSON holds more than `MAX_VALUES` values. Each value but the first follows a comma, a bracket or a brace. Those inside
 * strings count too, which the generous limit allows for.
 */
export function hasTooManyValues(bytes: Buffer): boolean {
  if (bytes.length <= COUNTED_BYTES) return false
  let count = 0
  // Reads by index: a buffer's iterator takes seven times as long, which is three times the time of JSON.parse.
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === 0x2c || byte === 0x5b || byte === 0x7b) count++
  }
  return count > MAX_VALUES
}
