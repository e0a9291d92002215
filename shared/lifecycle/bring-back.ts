// Brings an archived month of a tenant back into chunks, in pieces; readers use the object until the last piece.

import type { Transaction } from 'kysely'
import type { MetricRun } from '../archive/metric-runs.ts'
import { wholeRows } from '../archive/whole-rows.ts'
import { HOUR, monthStart } from '../base/time.ts'
import { mergeDay } from '../compaction/merge-day.ts'
import { makeChunkMonth } from '../points/chunk-months.ts'
import { makeColumns, sortColumns } from '../points/columns.ts'
import { seriesIdentity } from '../points/series.ts'
import type { Database } from '../schema/index.ts'
import { keepMonth, selectIdentities } from './bring-back-queries.ts'
import { retireMonthObject } from './object-queries.ts'
import { type BegunRun, beginRun, forgetRun, underRun } from './record-run.ts'
import type { RunDeps } from './run-deps.ts'
import { deleteRun, type RecordedRun, type TenantMonth } from './run-queries.ts'
import { settleMonth } from './settle-month.ts'
import { deleteLoneHours, moveMonthMarks } from './switch-queries.ts'

/** The result. With `absent`, no object holds the month; with `forgotten`, another transaction changed the month, and the object still holds it. */
export interface BroughtBack {
  readonly outcome: 'back' | 'absent' | 'forgotten'
  readonly points: number
}

/**
 * Puts the points of the month's object into chunks. Each piece is a transaction of whole hours, so that a roll-up is right after each; the last one
 * says that no object holds the month any more. The log stays over the chunks. Safe to repeat, and to interrupt anywhere: the object holds the month
 * until the end, and points that are in chunks already are the same ones.
 * @throws {ArchiveFault} when the object is not what was written; {StorageTrouble} when storage does not answer.
 */
export async function bringBack(deps: RunDeps, month: TenantMonth): Promise<BroughtBack> {
  await settleMonth(deps, month)
  const begun = await beginRun(deps, month, 'bring back')
  if (!begun) return { outcome: 'absent', points: 0 }
  try {
    return await carryBack(deps, begun)
  } catch (error) {
    await forgetRun(deps, begun.run).catch(() => {})
    throw error
  }
}

async function carryBack(deps: RunDeps, { run, object }: BegunRun): Promise<BroughtBack> {
  if (!object) {
    await forgetRun(deps, run)
    return { outcome: 'absent', points: 0 }
  }
  await deps.db.writeAll((tx) => makeChunkMonth(tx, run.month))
  const ids = await deps.db.readAll((tx) => selectIdentities(tx, run.tenantId))
  for await (const piece of piecesOf(wholeRows(deps, object), deps.limits.piecePoints)) {
    await deps.renew()
    const isDone = await underRun(deps, run, async (tx) => await storePiece(tx, run, piece, ids))
    if (!isDone) return { outcome: 'forgotten', points: 0 }
  }
  const isBack = await underRun(deps, run, async (tx) => {
    await retireMonthObject(tx, run, 'replaced')
    await deleteLoneHours(tx, run)
    await moveMonthMarks(tx, run, deps.now() * 1000)
    await deleteRun(tx, run, run.run)
    return true
  })
  return isBack ? { outcome: 'back', points: object.rows } : { outcome: 'forgotten', points: 0 }
}

/** Stores a piece without the points of series that no longer have a name, because they were erased. */
async function storePiece(
  tx: Transaction<Database>,
  run: RecordedRun,
  piece: readonly MetricRun[],
  ids: ReadonlyMap<string, number>,
): Promise<true> {
  await keepMonth(tx, run.month)
  const named = piece.flatMap((one) => {
    const id = ids.get(seriesIdentity(one.series))
    return id === undefined ? [] : [{ ...one, id }]
  })
  const columns = makeColumns(named.reduce((sum, { at }) => sum + at.length, 0))
  let to = 0
  for (const { id, at, value } of named) {
    columns.series.fill(id, to, to + at.length)
    columns.at.set(at, to)
    columns.value.set(value, to)
    to += at.length
  }
  if (to > 0) await mergeDay(tx, { tenantId: run.tenantId, day: monthStart(run.month) }, sortColumns(columns))
  return true
}

/** Runs of about so many points together. A run is cut only between hours. */
async function* piecesOf(runs: AsyncIterable<MetricRun>, points: number): AsyncGenerator<readonly MetricRun[], void> {
  let piece: MetricRun[] = []
  let count = 0
  /** The points of a run's last hour, which may continue in the next run. */
  let open: MetricRun | undefined
  for await (const run of runs) {
    const whole = open && seriesIdentity(open.series) === seriesIdentity(run.series) ? joined(open, run) : run
    if (open && whole === run) piece.push(open)
    const cut = beginningOfLastHour(whole.at)
    open = part(whole, cut, whole.at.length)
    if (cut > 0) piece.push(part(whole, 0, cut))
    count += run.at.length
    if (count < points) continue
    yield piece
    piece = []
    count = 0
  }
  if (open) piece.push(open)
  if (piece.length > 0) yield piece
}

const part = ({ series, at, value }: MetricRun, from: number, to: number): MetricRun => ({
  series,
  at: at.subarray(from, to),
  value: value.subarray(from, to),
})

function joined(a: MetricRun, b: MetricRun): MetricRun {
  const at = new Float64Array(a.at.length + b.at.length)
  const value = new Float64Array(at.length)
  at.set(a.at)
  at.set(b.at, a.at.length)
  value.set(a.value)
  value.set(b.value, a.at.length)
  return { series: b.series, at, value }
}

function beginningOfLastHour(at: Float64Array): number {
  const hour = Math.floor((at.at(-1) ?? 0) / HOUR) * HOUR
  let place = at.length
  while (place > 0 && (at[place - 1] as number) >= hour) place--
  return place
}
