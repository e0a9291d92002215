// Archive objects in memory, in the archive's format, for tests of their readers.
import { metricParquet } from '@penstock/shared/archive/metric-parquet.ts'
import { compareSeries, type MetricRun } from '@penstock/shared/archive/metric-runs.ts'
import { StorageTrouble } from '@penstock/shared/archive/storage-errors.ts'
import type { Micros } from '@penstock/shared/base/time.ts'
import type { ArchivedObject } from '@penstock/shared/reading/archive-reading.ts'

export interface ObjectMemory {
  /** Writes an object with these points; series and points may be in any order. */
  write(runs: readonly MetricRun[]): Promise<ArchivedObject>
  readRange(object: { readonly name: string }, start: number, end: number): Promise<Uint8Array>
  /** Always undefined: an object of this memory is never replaced. */
  stat(name: string): Promise<undefined>
  /** Returns the bytes of an object; changing them changes the object for its readers. */
  bytesOf(object: { readonly name: string }): Uint8Array
  /** Removes an object, so that reading it fails. */
  remove(object: { readonly name: string }): void
  /** Called before each range is read. */
  beforeRead: () => Promise<void>
  /** Returns the ranges that were read since the last call. */
  takeReads(): readonly { readonly start: number; readonly end: number }[]
}

export function openObjectMemory(): ObjectMemory {
  const objects = new Map<string, Uint8Array>()
  let reads: { start: number; end: number }[] = []
  const bytesOf = ({ name }: { readonly name: string }): Uint8Array => {
    const bytes = objects.get(name)
    if (!bytes) throw new StorageTrouble(name, 404, 1, undefined)
    return bytes
  }
  let written = 0
  const memory: ObjectMemory = {
    bytesOf,
    beforeRead: async () => {},
    stat: async () => undefined,
    remove: ({ name }) => void objects.delete(name),
    async write(runs) {
      const pieces: Uint8Array[] = []
      for await (const piece of metricParquet(sorted(runs))) pieces.push(piece)
      const bytes = Buffer.concat(pieces)
      const name = `object-${written++}`
      objects.set(name, bytes)
      return { name, generation: '1', bytes: bytes.length, rows: runs.reduce((sum, run) => sum + run.at.length, 0) }
    },
    async readRange(object, start, end) {
      await memory.beforeRead()
      const bytes = bytesOf(object)
      if (start < 0 || end > bytes.length || start >= end) throw new Error(`no range ${start} to ${end}`)
      reads.push({ start, end })
      // A copy, like bytes that come from a socket.
      return new Uint8Array(bytes.subarray(start, end))
    },
    takeReads() {
      const taken = reads
      reads = []
      return taken
    },
  }
  return memory
}

/** Makes a run from a series' points. */
export const runOf = (
  names: Partial<MetricRun['series']>,
  points: readonly (readonly [at: Micros, value: number])[],
): MetricRun => ({
  series: { service: 'svc', type: 'temp', unit: 'C', labels: '{}', ...names },
  at: Float64Array.from(points, ([at]) => at),
  value: Float64Array.from(points, ([, value]) => value),
})

async function* sorted(runs: readonly MetricRun[]): AsyncGenerator<MetricRun, void> {
  for (const { series, at, value } of runs.toSorted((a, b) => compareSeries(a.series, b.series))) {
    const order = Array.from(at.keys()).toSorted((a, b) => (at[a] ?? 0) - (at[b] ?? 0))
    yield {
      series,
      at: Float64Array.from(order, (from) => at[from] ?? 0),
      value: Float64Array.from(order, (from) => value[from] ?? 0),
    }
  }
}
