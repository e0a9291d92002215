// Entries of our own JSON that are recognised by their bytes. Two holes, for the value and the timestamp, lie between bytes that stay equal.
// Senders repeat their entries in one order, so the entry that followed the previous one last time is compared first.
import type { KnownSeries, SeriesMemory } from '@penstock/shared/points/series-memory.ts'
import { hashOf, isEqual } from './protocols/byte-index.ts'

/** The range of an entry's bytes, and of its holes. A hole that is missing begins at -1. */
export interface EntryShape {
  readonly from: number
  to: number
  valueFrom: number
  valueTo: number
  /** Range of the timestamp without its quotes. */
  stampFrom: number
  stampTo: number
  /** Number of commas, brackets and braces, which is at least the number of values. */
  values: number
}

/** An entry that was read before. Its bytes without the holes lie in `block`, one part after the other. */
export interface KnownEntry {
  readonly block: DataView
  readonly from: number
  /** Lengths of the parts. The last one is 0 when there is only one hole. */
  readonly first: number
  readonly second: number
  readonly third: number
  readonly isValueFirst: boolean
  readonly values: number
  readonly series: KnownSeries
  /** The entry that followed it last time. */
  next: KnownEntry | undefined
}

export interface KnownMetrics {
  find(bytes: DataView, shape: EntryShape): KnownEntry | undefined
  learn(bytes: DataView, shape: EntryShape, series: KnownSeries): KnownEntry
}

/** Memory of an entry in addition to its bytes. */
const ENTRY_BYTES = 200

/** Opens the known entries in a memory for a tenant that excludes these labels from the identity of series. */
export function openKnownMetrics(memory: SeriesMemory, ignoredLabels: readonly string[]): KnownMetrics {
  return memory.attached(`metrics ${JSON.stringify(ignoredLabels)}`, () => createKnownMetrics(memory))
}

function createKnownMetrics(memory: SeriesMemory): KnownMetrics {
  /** The known entries by their hash. Of several entries with the same hash, only the last one is remembered. */
  const entries = new Map<number, KnownEntry>()
  return {
    find(bytes, shape) {
      const found = entries.get(hashOfParts(bytes, shape))
      return found && hasParts(found, bytes, shape) ? found : undefined
    },
    learn(bytes, shape, series) {
      const entry = copyEntry(bytes, shape, series)
      entries.set(hashOfParts(bytes, shape), entry)
      memory.grow(entry.block.byteLength + ENTRY_BYTES)
      return entry
    },
  }
}

/** Returns the parts between the holes: start and end of each, in order. */
function partsOf({ from, to, valueFrom, valueTo, stampFrom, stampTo }: EntryShape) {
  if (stampFrom < 0) return [from, valueFrom, valueTo, to, to, to] as const
  return valueFrom < stampFrom
    ? ([from, valueFrom, valueTo, stampFrom, stampTo, to] as const)
    : ([from, stampFrom, stampTo, valueFrom, valueTo, to] as const)
}

function hashOfParts(bytes: DataView, shape: EntryShape): number {
  const [a, b, c, d, e, f] = partsOf(shape)
  return hashOf(bytes, e, f, hashOf(bytes, c, d, hashOf(bytes, a, b)))
}

function hasParts(entry: KnownEntry, bytes: DataView, shape: EntryShape): boolean {
  const [a, b, c, d, e, f] = partsOf(shape)
  const { block, from, first, second, third } = entry
  return (
    b - a === first &&
    d - c === second &&
    f - e === third &&
    entry.isValueFirst === (shape.stampFrom < 0 || shape.valueFrom < shape.stampFrom) &&
    isEqual(block, from, bytes, a, first) &&
    isEqual(block, from + first, bytes, c, second) &&
    isEqual(block, from + first + second, bytes, e, third)
  )
}

function copyEntry(bytes: DataView, shape: EntryShape, series: KnownSeries): KnownEntry {
  const [a, b, c, d, e, f] = partsOf(shape)
  const [first, second, third] = [b - a, d - c, f - e]
  const copy = new Uint8Array(first + second + third)
  const source = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  copy.set(source.subarray(a, b))
  copy.set(source.subarray(c, d), first)
  copy.set(source.subarray(e, f), first + second)
  return {
    block: new DataView(copy.buffer),
    from: 0,
    first,
    second,
    third,
    isValueFirst: shape.stampFrom < 0 || shape.valueFrom < shape.stampFrom,
    values: shape.values,
    series,
    next: undefined,
  }
}
