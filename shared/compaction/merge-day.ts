// Merges a day's points into everything that they change: chunks, roll-ups and spans.

import type { Transaction } from 'kysely'
import { HOUR, type Micros, monthOf } from '../base/time.ts'
import type { BinaryRows } from '../points/binary-rows.ts'
import { type ChunkSizes, chunkSizes, decodeTimes } from '../points/chunk.ts'
import type { Columns, Sorted } from '../points/columns.ts'
import { type MergedRows, mergeSeries, noMergedRows, type SeriesChunks } from '../points/merge-series.ts'
import { readGaps } from '../points/stored-rows.ts'
import type { Database } from '../schema/index.ts'
import {
  deleteChunks,
  insertChunks,
  replaceHours,
  type SeriesWindows,
  selectOverlapping,
  widenSpans,
} from './chunk-queries.ts'
import type { TenantDay } from './queries.ts'

type Tx = Transaction<Database>

/**
 * Merges points of a day into the chunks, under the tenant's lock; the caller moves the day's mark. @returns how many points the chunks did not have.
 * @throws {Error} when a chunk that was read is gone, because another transaction changed chunks without the lock; nothing is committed
 * then.
 */
export async function mergeDay<C extends Columns>(
  tx: Tx,
  { tenantId, day }: TenantDay,
  points: Sorted<C>,
  sizes: ChunkSizes = chunkSizes,
): Promise<number> {
  const month = monthOf(day)
  const runs = runsBySeries(points)
  const chunks = readChunks(await selectOverlapping(tx, month, windowsOf(runs), sizes.filledBelow))
  const rows = noMergedRows()
  let written = 0
  for (const { series, at, value } of runs)
    written += mergeSeries(rows, sizes, { series, chunks: chunks.get(series) ?? noChunks, fresh: { at, value } })
  await replaceChunks(tx, tenantId, month, rows)
  if (rows.hours.series.length > 0) await replaceHours(tx, tenantId, rows.hours)
  await widenSpans(tx, tenantId, spansOf(runs))
  return written
}

async function replaceChunks(tx: Tx, tenantId: number, month: string, { removed, chunks }: MergedRows): Promise<void> {
  if (removed.series.length > 0) {
    const count = await deleteChunks(tx, month, removed)
    if (count !== removed.series.length)
      throw new Error(`${removed.series.length - count} chunks of tenant ${tenantId} changed under the compaction lock`)
  }
  if (chunks.series.length > 0) await insertChunks(tx, tenantId, chunks)
}

/** The points of one series. */
interface Run {
  readonly series: number
  readonly at: Float64Array
  readonly value: Float64Array
}

function runsBySeries({ length, series, at, value }: Columns): readonly Run[] {
  const runs: Run[] = []
  for (let from = 0; from < length; ) {
    let to = from + 1
    while (to < length && series[to] === series[from]) to++
    runs.push({ series: series[from] as number, at: at.subarray(from, to), value: value.subarray(from, to) })
    from = to
  }
  return runs
}

const firstOf = ({ at }: Run): Micros => at[0] as number
const lastOf = ({ at }: Run): Micros => at[at.length - 1] as number

const windowsOf = (runs: readonly Run[]): SeriesWindows => ({
  series: runs.map((run) => run.series),
  from: runs.map((run) => Math.floor(firstOf(run) / HOUR) * HOUR),
  to: runs.map((run) => (Math.floor(lastOf(run) / HOUR) + 1) * HOUR),
})

const spansOf = (runs: readonly Run[]) => ({
  series: runs.map((run) => run.series),
  first: runs.map(firstOf),
  last: runs.map(lastOf),
})

export const noChunks: SeriesChunks = { at: new Float64Array(0), value: new Float64Array(0), ends: [] }

/** Reads series_id, first_ts, unit, gap, gap8, value, by series and time. */
export function readChunks(rows: BinaryRows): ReadonlyMap<number, SeriesChunks> {
  const chunks = new Map<number, { at: Float64Array[]; value: Float64Array[]; ends: number[] }>()
  while (rows.next()) {
    const [series, first, unit] = [rows.int4(), rows.instant(), rows.int4()]
    const gaps = readGaps(rows)
    const at = new Float64Array(gaps.length)
    decodeTimes(first, unit, gaps, at, 0)
    const value = new Float64Array(gaps.length)
    rows.float8s(value, 0)
    let of = chunks.get(series)
    if (!of) chunks.set(series, (of = { at: [], value: [], ends: [] }))
    of.at.push(at)
    of.value.push(value)
    of.ends.push((of.ends.at(-1) ?? 0) + gaps.length)
  }
  return new Map(
    [...chunks].map(([series, { at, value, ends }]) => [series, { at: join(at), value: join(value), ends }]),
  )
}

function join(parts: readonly Float64Array[]): Float64Array {
  const [only] = parts
  if (only && parts.length === 1) return only
  const joined = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
