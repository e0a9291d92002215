// Chunks: some thousands of points on their way from a file into the database, in columns of numbers.

import type { Micros } from '@penstock/shared/base/time.ts'
import type { VerdictCode } from '@penstock/shared/base/wire.ts'
import type { SeriesName } from '@penstock/shared/points/series-queries.ts'
import type { Certainty } from './rows/zone.ts'

/**
 * Points of one transaction. As many as ingest commits in one, so that a job which needs the write lock, to make a month live, gets it
 * within its 200 ms.
 */
export const CHUNK_POINTS = 20_000
/** A chunk also ends after this many rows, whatever they contained, so that a file without a valid point does not fill the memory. */
const CHUNK_ROWS = 100_000

export type RefusalCode = VerdictCode | 'bad_line' | 'bad_time' | 'bad_value'

export interface Refusal {
  /** The line in the unpacked file, from 1. */
  readonly line: number
  /** Null for the whole line. */
  readonly column: string | null
  readonly code: RefusalCode
  readonly detail: string
}

/** A position in the file: everything before it was read. */
export interface Position {
  readonly bytes: number
  readonly lines: number
}

/** Counts of everything but points. */
export interface Tally {
  /** Rows of a CSV file, or lines of an NDJSON file. */
  rows: number
  empty: number
  readonly doubtful: Record<Exclude<Certainty, 'exact'>, number>
  readonly refused: Refusal[]
}

export interface Chunk {
  /** The series of the points, each once. */
  readonly series: readonly SeriesName[]
  readonly count: number
  /** For each point, in the order of the file: the index of its series in `series`, its instant, its value and its line. */
  readonly of: Uint32Array
  readonly at: Float64Array
  readonly value: Float64Array
  readonly line: Uint32Array
  readonly tally: Readonly<Tally>
  readonly end: Position
  /** True for the last chunk of the file. */
  readonly isLast: boolean
}

export interface ChunkBuilder {
  readonly tally: Tally
  add(series: number, at: Micros, value: number, line: number): void
  refuse(line: number, column: string | null, code: RefusalCode, detail: string): void
  isFull(): boolean
  finish(series: readonly SeriesName[], end: Position, isLast: boolean): Chunk
}

/** Begins a chunk that takes `CHUNK_POINTS` points, plus those of one more row. */
export function createChunk(pointsPerRow: number): ChunkBuilder {
  const capacity = CHUNK_POINTS + pointsPerRow
  const of = new Uint32Array(capacity)
  const at = new Float64Array(capacity)
  const value = new Float64Array(capacity)
  const line = new Uint32Array(capacity)
  const refused: Refusal[] = []
  const tally: Tally = { rows: 0, empty: 0, doubtful: { 'shown twice': 0, 'never shown': 0 }, refused }
  let count = 0
  return {
    tally,
    add(series, instant, number, inLine) {
      of[count] = series
      at[count] = instant
      // Turns -0 into 0, because the two are equal.
      value[count] = number + 0
      line[count] = inLine
      count++
    },
    refuse: (inLine, column, code, detail) => refused.push({ line: inLine, column, code, detail }),
    isFull: () => count >= CHUNK_POINTS || refused.length >= CHUNK_POINTS || tally.rows >= CHUNK_ROWS,
    finish: (series, end, isLast) => ({ series, count, of, at, value, line, tally, end, isLast }),
  }
}
