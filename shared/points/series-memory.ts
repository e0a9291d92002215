// The series that an instance remembers, by tenant. What all tenants remember together is bounded, and the tenant that remembers most gives way:
// one tenant's churn cannot push out what another one uses.
import type { SeriesName } from './series-queries.ts'

/** A series as an instance remembers it. A memory has one object for each name. */
export interface KnownSeries extends SeriesName {
  /** The parts of the name as one text, different for different names. */
  readonly key: string
  readonly memory: SeriesMemory
  /** 0 until the series is resolved. */
  id: number
  block: number
  /** Number of the last request that used the series. See named-columns.ts. */
  request: number
  place: number
}

/** The series of one tenant whose ids were read under one epoch. */
export interface SeriesMemory {
  /** Undefined until the first id is known. */
  epoch: number | undefined
  /** Incremented whenever series are forgotten. */
  readonly generation: number
  /** Returns the series of this name, which may still have no id. */
  know(name: SeriesName): KnownSeries
  /**
   * Returns what is attached to the memory under a name, and makes it when it is not there. It is dropped whenever series are forgotten, so it may refer
   * to them.
   */
  attached<T>(name: string, make: () => T): T
  /** Counts bytes of what is attached, which may make the memory forget it. */
  grow(bytes: number): void
}

export interface SeriesMemories {
  of(tenantId: number): SeriesMemory
  /** Forgets everything of a tenant, unless its memory is another one by now. */
  forget(tenantId: number, memory: SeriesMemory): void
}

/** With labels of 4 KiB each, 100,000 series would take 400 MB. */
const MAX_BYTES = 32 * 1024 * 1024
/** Memory of a series besides its name. */
const SERIES_BYTES = 200
/** A tenant that gives way forgets this part of what it remembers: the series that were looked up longest ago. */
const FORGOTTEN_PART = 0.25
const MAX_TENANTS = 10_000

interface Memory extends SeriesMemory {
  generation: number
  readonly series: Map<string, KnownSeries>
  readonly extras: Map<string, unknown>
  /** Bytes of the series and of what is attached. */
  bytes: number
  extraBytes: number
  /** Requests may still use a memory that was dropped, but it counts no more. */
  isDropped: boolean
}

/** Makes the memories of an instance; they take at most `maxBytes` together. */
export function createSeriesMemories(maxBytes: number = MAX_BYTES): SeriesMemories {
  const memories = new Map<number, Memory>()
  let total = 0

  function count(memory: Memory, bytes: number): void {
    memory.bytes += bytes
    if (memory.isDropped) return
    total += bytes
    while (total > maxBytes) total -= forgetOldest(mostOf(memories) ?? memory)
  }

  function open(tenantId: number): Memory {
    const memory: Memory = {
      epoch: undefined,
      generation: 0,
      series: new Map(),
      extras: new Map(),
      bytes: 0,
      extraBytes: 0,
      isDropped: false,
      know: (name) => know(memory, name, count),
      attached: (name, make) => attached(memory, name, make),
      grow(bytes) {
        memory.extraBytes += bytes
        count(memory, bytes)
      },
    }
    memories.set(tenantId, memory)
    return memory
  }

  function forget(tenantId: number, memory: SeriesMemory): void {
    const found = memories.get(tenantId)
    if (!found || found !== memory) return
    memories.delete(tenantId)
    found.isDropped = true
    total -= found.bytes
  }

  return {
    of(tenantId) {
      const found = memories.get(tenantId)
      if (found) {
        // The tenant that was here last is the last to go.
        memories.delete(tenantId)
        memories.set(tenantId, found)
        return found
      }
      const [oldest] = memories
      if (oldest && memories.size >= MAX_TENANTS) forget(...oldest)
      return open(tenantId)
    },
    forget,
  }
}

function know(memory: Memory, name: SeriesName, count: (memory: Memory, bytes: number) => void): KnownSeries {
  const { service, type, unit, labels } = name
  const key = `${service}\0${type}\0${unit}\0${labels}`
  const found = memory.series.get(key)
  if (found) {
    // Looked up last, so it is the last to be forgotten.
    memory.series.delete(key)
    memory.series.set(key, found)
    return found
  }
  const made = { service, type, unit, labels, key, memory, id: 0, block: 0, request: 0, place: 0 }
  memory.series.set(key, made)
  count(memory, bytesOf(made))
  return made
}

function attached<T>({ extras }: Memory, name: string, make: () => T): T {
  const found = extras.get(name) as T | undefined
  if (found !== undefined) return found
  const made = make()
  extras.set(name, made)
  return made
}

/** Forgets the series of a memory that were looked up longest ago, and all that is attached. Returns the bytes that are free now. */
function forgetOldest(memory: Memory): number {
  const before = memory.bytes
  const until = before * (1 - FORGOTTEN_PART)
  memory.extras.clear()
  memory.bytes -= memory.extraBytes
  memory.extraBytes = 0
  for (const [key, series] of memory.series) {
    if (memory.bytes <= until) break
    memory.series.delete(key)
    memory.bytes -= bytesOf(series)
  }
  memory.generation++
  return before - memory.bytes
}

function mostOf(memories: ReadonlyMap<number, Memory>): Memory | undefined {
  let most: Memory | undefined
  for (const memory of memories.values()) if (!most || memory.bytes > most.bytes) most = memory
  return most
}

/** Its name stands there twice: as the key, and in parts. A character has one byte or two. */
const bytesOf = ({ key }: KnownSeries): number => key.length * 3 + SERIES_BYTES
