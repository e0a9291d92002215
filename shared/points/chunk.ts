// Chunks: up to 512 points of one series, as gaps between their times and their values.
import { HOUR, type Micros } from '../base/time.ts'

/** The sizes of chunks. */
export interface ChunkSizes {
  /** Maximum points of a chunk. */
  readonly most: number
  /** A chunk with fewer points than this is filled with the points that follow it. */
  readonly filledBelow: number
}

export const chunkSizes: ChunkSizes = { most: 512, filledBelow: 256 }

/** A list of numbers that grows: an ordinary array of half a million doubles costs many times as much to grow and to collect. */
export interface Growing {
  numbers: Float64Array
  length: number
}

/** A growing list of chunks as columns, ready to be inserted in one statement. */
export interface ChunkRows {
  readonly series: number[]
  readonly first: Micros[]
  readonly last: Micros[]
  readonly n: number[]
  readonly unit: number[]
  /** Values of all chunks, concatenated. */
  readonly value: Growing
  /** Gaps of all chunks in their units, concatenated: whole numbers. */
  readonly gap: Growing
  /** True for a chunk whose gaps need 64 bits. */
  readonly wide: boolean[]
  /** 1 where a point of the chunk may be the only one of its hour, else 0: such an hour has no roll-up. */
  readonly lone: number[]
}

const FIRST_ROOM = 4_096

export function noChunkRows(): ChunkRows {
  const empty = (): Growing => ({ numbers: new Float64Array(FIRST_ROOM), length: 0 })
  return { series: [], first: [], last: [], n: [], unit: [], value: empty(), gap: empty(), wide: [], lone: [] }
}

function makeRoom(growing: Growing, more: number): void {
  const needed = growing.length + more
  if (needed <= growing.numbers.length) return
  const larger = new Float64Array(Math.max(needed, growing.numbers.length * 2))
  larger.set(growing.numbers.subarray(0, growing.length))
  growing.numbers = larger
}

/** The units of gaps, in microseconds, largest first. */
const UNITS = [1_000_000, 1_000] as const
const MAX_INT4 = 2 ** 31 - 1

/**
 * Adds a chunk of the points from `from` to `to` (exclusive), which must be of one series and month, sorted and distinct. So must be the points before
 * and after them, by which a point is found to be alone in its hour.
 */
export function addChunk(
  rows: ChunkRows,
  series: number,
  { at, value }: { readonly at: ArrayLike<number>; readonly value: ArrayLike<number> },
  from: number,
  to: number,
): void {
  const unit = unitOf(at, from, to)
  const count = to - from
  makeRoom(rows.gap, count)
  makeRoom(rows.value, count)
  const [gaps, values] = [rows.gap.numbers, rows.value.numbers]
  let place = rows.gap.length
  let greatest = 0
  for (let i = from; i < to; i++) {
    const gap = i === from ? 0 : ((at[i] as number) - (at[i - 1] as number)) / unit
    if (gap > greatest) greatest = gap
    gaps[place] = gap
    values[place++] = value[i] as number
  }
  rows.gap.length += count
  rows.value.length += count
  rows.series.push(series)
  rows.first.push(at[from] as number)
  rows.last.push(at[to - 1] as number)
  rows.n.push(count)
  rows.unit.push(unit)
  rows.wide.push(greatest > MAX_INT4)
  rows.lone.push(hasLoneHour(at, from, to) ? 1 : 0)
}

/** Returns true when one of the points from `from` to before `to` is the only one of its hour among all points. */
function hasLoneHour(at: ArrayLike<number>, from: number, to: number): boolean {
  for (let i = from; i < to; ) {
    const hour = Math.floor((at[i] as number) / HOUR) * HOUR
    const end = hour + HOUR
    let next = i + 1
    while (next < to && (at[next] as number) < end) next++
    const isAlone = next === i + 1 && !((at[i - 1] ?? -Infinity) >= hour) && !((at[next] ?? Infinity) < end)
    if (isAlone) return true
    i = next
  }
  return false
}

/** Returns the largest unit that divides every gap. It uses division and `floor`, because `%` on doubles costs many times as much. */
function unitOf(at: ArrayLike<number>, from: number, to: number): number {
  let [largest, ...smaller] = UNITS as readonly number[]
  for (let i = from + 1; i < to && largest !== undefined; i++) {
    const gap = (at[i] as number) - (at[i - 1] as number)
    while (largest !== undefined && !isMultiple(gap, largest)) [largest, ...smaller] = smaller
  }
  return largest ?? 1
}

function isMultiple(gap: number, unit: number): boolean {
  const quotient = gap / unit
  return quotient === Math.floor(quotient)
}

/** Writes the times of a chunk to `at`, from index `to` on; the gaps are in units. */
export function decodeTimes(first: Micros, unit: number, gaps: ArrayLike<number>, at: Float64Array, to: number): void {
  let time = first
  for (let i = 0; i < gaps.length; i++) {
    time += (gaps[i] as number) * unit
    at[to + i] = time
  }
}
