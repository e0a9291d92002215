// Finds series by the bytes that name them: equal bytes mean an equal series, so they need not be parsed again. Agents send the same series in
// the same order, so the bytes that followed the previous ones last time are compared first, and others are looked up by their hash.
import type { KnownSeries, SeriesMemory } from '@penstock/shared/points/series-memory.ts'

/** Bytes that were read before, and their series. */
export interface Run {
  /** Buffer that contains the bytes, and those of other runs. */
  readonly block: DataView
  readonly from: number
  readonly length: number
  readonly series: KnownSeries
  /** The run that followed this one last time. */
  next: Run | undefined
  /** The run that followed this one and its value in the same entry. */
  more: Run | undefined
}

export interface ByteIndex {
  /** Returns the run with exactly these bytes. */
  find(bytes: DataView, from: number, to: number): Run | undefined
  /** Adds bytes. With `isLookedUp` false they are found only through another run. */
  learn(bytes: DataView, from: number, to: number, series: KnownSeries, isLookedUp?: boolean): Run
}

const FIRST_BYTES = 1_024
const BLOCK_BYTES = 16 * 1024
/** Memory of a run in addition to its bytes. */
const RUN_BYTES = 150

/** Opens the index that a memory has under a name. The name must contain everything else that determines which series the bytes mean. */
export function openByteIndex(memory: SeriesMemory, name: string): ByteIndex {
  return memory.attached(name, () => createByteIndex(memory))
}

function createByteIndex(memory: SeriesMemory): ByteIndex {
  let block = new DataView(new ArrayBuffer(0))
  let used = 0
  /**
   * The runs by their hash. Of several runs with the same hash only the last is stored, so bytes that were made to collide cost no more than
   * others.
   */
  const runs = new Map<number, Run>()

  function append(bytes: DataView, from: number, length: number): number {
    if (used + length > block.byteLength) {
      block = new DataView(new ArrayBuffer(Math.max(length, block.byteLength === 0 ? FIRST_BYTES : BLOCK_BYTES)))
      used = 0
      memory.grow(block.byteLength)
    }
    const place = used
    new Uint8Array(block.buffer, place, length).set(new Uint8Array(bytes.buffer, bytes.byteOffset + from, length))
    used += length
    return place
  }
  return {
    find(bytes, from, to) {
      const found = runs.get(hashOf(bytes, from, to))
      return found && found.length === to - from && isRunAt(found, bytes, from) ? found : undefined
    },
    learn(bytes, from, to, series, isLookedUp = true) {
      const length = to - from
      const place = append(bytes, from, length)
      const run: Run = { block, from: place, length, series, next: undefined, more: undefined }
      if (isLookedUp) runs.set(hashOf(bytes, from, to), run)
      memory.grow(RUN_BYTES)
      return run
    },
  }
}

/** Returns true when `bytes` holds the run's bytes from position `at`. */
export const isRunAt = (run: Run, bytes: DataView, at: number): boolean =>
  isEqual(run.block, run.from, bytes, at, run.length)

/** Computes a 30-bit FNV-1a hash, which is a small integer, over words of four bytes and then over the remaining bytes. */
export function hashOf(view: DataView, from: number, to: number, seed: number = 0x811c9dc5): number {
  let hash = seed
  let at = from
  for (; at + 4 <= to; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x01000193)
    // Otherwise the upper bytes of a word would not affect the lower bits.
    hash ^= hash >>> 15
  }
  for (; at < to; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x01000193)
  return hash & 0x3fff_ffff
}

/** Returns true when `length` bytes of both are equal; false when either ends before that. */
export function isEqual(one: DataView, from: number, other: DataView, at: number, length: number): boolean {
  if (at + length > other.byteLength || from + length > one.byteLength) return false
  let i = 0
  for (; i + 4 <= length; i += 4) if (one.getInt32(from + i) !== other.getInt32(at + i)) return false
  for (; i < length; i++) if (one.getUint8(from + i) !== other.getUint8(at + i)) return false
  return true
}
