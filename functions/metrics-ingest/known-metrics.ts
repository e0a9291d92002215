// Entries of our own JSON that are known by their bytes: all but the value and the timestamp, which are two holes between equal bytes. Senders repeat
// their entries in one order, so the entry that came after the last one is compared first.
import type { KnownSeries, SeriesMemory } from '@penstock/shared/points/series-memory.ts'
import { hashOf, isEqual } from './protocols/byte-index.ts'

/** Where an entry's bytes lie, and its holes. A hole that is not there begins at -1. */
export interface EntryShape {
  readonly from: number
  to: number
  valueFrom: number
  valueTo: number
  /** Inside the quotes. */
  stampFrom: number
  stampTo: number
  /** Commas, brackets and braces: as many values it has at most. */
  values: number
}

/** An entry that was read before. Its bytes without the holes lie in `block`, one part behind the other. */
export interface KnownEntry {
  readonly block: DataView
  readonly from: number
  /** Lengths of the parts; the last one is 0 where there is one hole. */
  readonly first: number
  readonly second: number
  readonly third: number
  readonly isValueFirst: boolean
  readonly values: number
  readonly series: KnownSeries
  /** The entry that came after it last time. */
  next: KnownEntry | undefined
}

export interface KnownMetrics {
  find(bytes: DataView, shape: EntryShape): KnownEntry | undefined
  learn(bytes: DataView, shape: EntryShape, series: KnownSeries): KnownEntry
}

/** Memory of an entry besides its bytes. */
const ENTRY_BYTES = 200

/** Opens what a memory knows of entries for a tenant that keeps these labels out of identity. */
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

/** The parts between the holes: from and to of each, in order. */
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
