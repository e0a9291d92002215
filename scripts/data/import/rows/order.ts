// Sorts a chunk by series and instant, the order of every writer, so that two transactions lock rows in the same order.
import type { Chunk } from '../chunk.ts'

export interface Ordered {
  /** Indexes of points in the chunk, sorted by (id, instant); of several points with one key the last is included. */
  readonly places: Uint32Array
  /** Points that a later line replaced. */
  readonly collapsed: number
  /** Replaced points that had another value than the later line. */
  readonly conflicting: number
}

/** Sorts the points of a chunk whose series have an id; `ids` are those of the chunk's series, undefined for a series without one. */
export function orderPoints(
  { of, at, value, count }: Pick<Chunk, 'of' | 'at' | 'value' | 'count'>,
  ids: readonly (number | undefined)[],
): Ordered {
  const { places, begins } = bySeries(of, count, ids)
  let kept = 0
  let conflicting = 0
  for (const [i, begin] of begins.entries()) {
    const run = places.subarray(begin, begins[i + 1] ?? places.length)
    if (!isSorted(run, at)) run.sort((a, b) => (at[a] ?? 0) - (at[b] ?? 0) || a - b)
    for (let j = 0; j < run.length; j++) {
      const place = run[j] ?? 0
      // The last one of equal instants remains. The result overwrites the part of the array that was already read.
      const next = run[j + 1] ?? 0
      if (j + 1 === run.length || at[next] !== at[place]) places[kept++] = place
      else if (value[next] !== value[place]) conflicting++
    }
  }
  return { places: places.subarray(0, kept), collapsed: places.length - kept, conflicting }
}

/** Sorts the indexes of points by their series' id, in the order of the file within a series, and finds where each series begins. */
function bySeries(
  of: Uint32Array,
  count: number,
  ids: readonly (number | undefined)[],
): { readonly places: Uint32Array; readonly begins: readonly number[] } {
  const points = new Uint32Array(ids.length)
  for (let place = 0; place < count; place++) points[of[place] ?? 0] = (points[of[place] ?? 0] ?? 0) + 1
  const series = [...ids.keys()].filter((i) => ids[i] !== undefined).sort((a, b) => (ids[a] ?? 0) - (ids[b] ?? 0))
  const next = new Int32Array(ids.length).fill(-1)
  const begins: number[] = []
  let total = 0
  for (const i of series) {
    begins.push(total)
    next[i] = total
    total += points[i] ?? 0
  }
  const places = new Uint32Array(total)
  for (let place = 0; place < count; place++) {
    const i = of[place] ?? 0
    const free = next[i] ?? -1
    if (free < 0) continue
    places[free] = place
    next[i] = free + 1
  }
  return { places, begins }
}

/** Files are usually sorted already. */
function isSorted(run: Uint32Array, at: Float64Array): boolean {
  for (let j = 1; j < run.length; j++) if ((at[run[j] ?? 0] ?? 0) < (at[run[j - 1] ?? 0] ?? 0)) return false
  return true
}
