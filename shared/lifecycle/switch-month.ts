// Makes an object hold a month, in one transaction under the tenant's lock.

import type { Transaction } from 'kysely'
import type { Micros } from '../base/time.ts'
import { replaceHours, widenSpans } from '../compaction/chunk-queries.ts'
import type { HourRows } from '../points/merge-series.ts'
import type { Database } from '../schema/index.ts'
import type { ContentSpans } from './content-spans.ts'
import type { LoggedSeries } from './logged-points.ts'
import { insertMonthObject, retireMonthObject } from './object-queries.ts'
import { deleteNext, deleteRun, type NextObject, type RecordedRun } from './run-queries.ts'
import { deleteMonthChunks, deleteMonthLog, insertLoneHours, moveMonthMarks } from './switch-queries.ts'

/** The new holder of the month: the object that came into place, the same object as before, or none when the month has no points. */
export type SwitchedTo =
  | { readonly kind: 'next'; readonly next: NextObject; readonly name: string; readonly generation: string }
  | { readonly kind: 'same' }
  | { readonly kind: 'none' }

export interface Switch {
  readonly run: RecordedRun
  /** The series whose points came from the log. */
  readonly logged: readonly LoggedSeries[]
  /** Roll-ups of the hours that the logged points touch. */
  readonly hours: HourRows
  /** Spans of series whose points came from an object without records of them. */
  readonly spans?: ContentSpans | undefined
  readonly now: Micros
  readonly into: SwitchedTo
}

/**
 * Makes the object hold the month, deletes chunks and log rows below the gate, and writes the roll-ups of hours that the log touched and of hours with
 * one point, for a run that is recorded under the lock. Returns how many points were deleted.
 * @throws {Error} when the content that came into place is not recorded; nothing is committed then.
 */
export async function switchMonth(
  tx: Transaction<Database>,
  { run, logged, hours, spans, now, into }: Switch,
): Promise<number> {
  await deleteRun(tx, run, run.run)
  if (into.kind === 'next') {
    const { next, name, generation } = into
    if (!(await deleteNext(tx, run, next.run))) throw new Error(`the content of ${run.month} is not on record`)
    await insertMonthObject(tx, { tenantId: run.tenantId, month: run.month, name, generation, ...next })
  }
  if (into.kind === 'none') await retireMonthObject(tx, run, 'replaced')
  await insertLoneHours(tx, run)
  const chunked = await deleteMonthChunks(tx, run)
  const taken = await deleteMonthLog(tx, run, run.gate)
  if (hours.series.length > 0) await replaceHours(tx, run.tenantId, hours)
  if (logged.length > 0) await widenSpans(tx, run.tenantId, spansOf(logged))
  if (spans) await widenSpans(tx, run.tenantId, await spans.named(tx, run))
  await moveMonthMarks(tx, run, now)
  return chunked + taken
}

const spansOf = (logged: readonly LoggedSeries[]) => ({
  series: logged.map(({ id }) => id),
  first: logged.map(({ points: { at } }) => at[0] ?? 0),
  last: logged.map(({ points: { at } }) => at.at(-1) ?? 0),
})
