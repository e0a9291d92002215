// Archives a tenant's month to storage, with proof, while writers write and readers read.

import { metricParquet } from '../archive/metric-parquet.ts'
import { type MetricRun, type MetricSummary, metricSummary } from '../archive/metric-runs.ts'
import type { StoredObject } from '../archive/stored-object.ts'
import { wholeRows } from '../archive/whole-rows.ts'
import { toPostgres } from '../base/time.ts'
import { type ContentSpans, openContentSpans } from './content-spans.ts'
import { holdMonthObject } from './holds.ts'
import { type LoggedSeries, readLoggedPoints } from './logged-points.ts'
import { type ContentParts, type IsErased, monthContent } from './month-content.ts'
import { nameLogged } from './named-series.ts'
import { monthObjectName, stagingName } from './object-names.ts'
import { assertReconciled } from './reconciled.ts'
import { type BegunRun, beginRun, forgetRun, removeStaging, underRun } from './record-run.ts'
import type { RunDeps } from './run-deps.ts'
import { insertNext, type NextObject, type TenantMonth } from './run-queries.ts'
import { putInPlace, settleMonth } from './settle-month.ts'
import { type SwitchedTo, switchMonth } from './switch-month.ts'
import { openTouchedHours, type TouchedHours } from './touched-hours.ts'

/** The result of a run. With `forgotten`, another transaction changed the month in the meantime, and the run had no effect; `expired` needs no run. */
export interface ArchivedMonth {
  readonly outcome: 'archived' | 'forgotten' | 'expired'
  /** Rows of the object that holds the month now. */
  readonly rows: number
  /** True when this run put that object into place. */
  readonly isNew: boolean
  /** Points that were deleted from the database. */
  readonly taken: number
  /** Name of the object; undefined when the month has no point. */
  readonly name: string | undefined
  /** Points of the log were left for another run. */
  readonly more: boolean
}

/**
 * Writes the month's points in its object, chunks and log into one object, proves that they are there, and deletes them from the database. A reader
 * finds every point at every moment; a reader of the folder sees the old object or the new one. Points that are written in the meantime stay in the
 * log, over the object. Points of series that `isErased` names are left out. Safe to repeat, and to interrupt anywhere: the next run finishes or repeats it. At most one call runs at a time, under the
 * job's lease.
 * @throws {ArchiveFault} when an object is not what is recorded, or the database was restored and not reconciled; {StorageTrouble} when storage does not answer.
 */
export async function archiveMonth(
  deps: RunDeps,
  month: TenantMonth,
  isErased: IsErased = () => false,
): Promise<ArchivedMonth> {
  await deps.db.readAll((tx) => assertReconciled(tx))
  await settleMonth(deps, month)
  const begun = await beginRun(deps, month, 'archive')
  if (!begun) return { outcome: 'expired', rows: 0, isNew: false, taken: 0, name: undefined, more: false }
  try {
    return await carryOut(deps, begun, isErased)
  } catch (error) {
    // A second failure is not reported, because the first one is the cause.
    await forgetRun(deps, begun.run).catch(() => {})
    throw error
  }
}

async function carryOut(deps: RunDeps, begun: BegunRun, isErased: IsErased): Promise<ArchivedMonth> {
  const { run, tenant, object, more } = begun
  const points = await deps.db.readAll((tx) => readLoggedPoints(tx, run))
  const logged = (await nameLogged(deps, points)).filter(({ name }) => !isErased(name))
  const parts = { run, logged: points, object, isErased }
  const name = monthObjectName(tenant, run.month)
  const looks = {
    touched: object?.rolledUp === false ? [] : logged,
    withSpans: object !== undefined && object.name !== name,
  }
  const { stored, summary, hours, spans } = await upload(deps, parts, looks)
  if (summary.rows > 0) await readBack(deps, stored, summary)
  const into = await comeIntoPlace(deps, begun, { stored, summary, name })
  const taken =
    into &&
    (await underRun(deps, run, async (tx) => {
      return await switchMonth(tx, { run, logged, hours: hours.rows, spans, now: deps.now() * 1000, into })
    }))
  await removeStaging(deps, run.run)
  await holdMonthObject(deps, run)
  return {
    outcome: taken === undefined ? 'forgotten' : 'archived',
    rows: summary.rows,
    isNew: taken !== undefined && into?.kind === 'next',
    taken: taken ?? 0,
    name: summary.rows === 0 ? undefined : name,
    more,
  }
}

/** Puts the content into place when it differs from the existing object. @returns undefined when the run was forgotten in the meantime. */
async function comeIntoPlace(
  deps: RunDeps,
  { run, object, known }: BegunRun,
  { stored, summary, name }: { readonly stored: StoredObject; readonly summary: MetricSummary; readonly name: string },
): Promise<SwitchedTo | undefined> {
  if (summary.rows === 0) return { kind: 'none' }
  if (object?.name === name && object.contentHash === summary.contentHash) return { kind: 'same' }
  const next = nextOf(run.run, known, stored, summary)
  const isNoted = await underRun(deps, run, async (tx) => {
    await insertNext(tx, run, next)
    return true
  })
  if (!isNoted) return undefined
  const { generation } = await putInPlace(deps, run, stored, { name, over: next.over })
  return { kind: 'next', next, name, generation }
}

interface Uploaded {
  readonly stored: StoredObject
  readonly summary: MetricSummary
  readonly hours: TouchedHours
  readonly spans: ContentSpans | undefined
}

/** Parts of the content's description that become known during the upload. */
interface Looks {
  readonly touched: readonly LoggedSeries[]
  readonly withSpans: boolean
}

/** Uploads the content to a name that only runs read. The summary is that of the last attempt, because each attempt reads the content again. */
async function upload(deps: RunDeps, parts: ContentParts, { touched, withSpans }: Looks): Promise<Uploaded> {
  let summary = metricSummary()
  let hours = openTouchedHours(touched)
  const spans = withSpans ? openContentSpans() : undefined
  const failure: Failure = { error: undefined }
  const body = (): AsyncIterable<Uint8Array> => {
    const [adding, rollingUp] = [metricSummary(), openTouchedHours(touched)]
    summary = adding
    hours = rollingUp
    const look = (run: MetricRun): void => {
      adding.add(run)
      rollingUp.add(run)
      spans?.add(run)
    }
    return metricParquet(tapped(monthContent(deps, parts), look, failure))
  }
  try {
    const stored = await deps.store.put(stagingName(parts.run.run), body)
    return { stored, summary: summary.finish(), hours, spans }
  } catch (error) {
    throw failure.error ?? error
  }
}

/** The error of the content itself, because the storage client would report it as an error of storage. */
interface Failure {
  error: Error | undefined
}

async function* tapped(
  runs: AsyncIterable<MetricRun>,
  look: (run: MetricRun) => void,
  failure: Failure,
): AsyncGenerator<MetricRun, void> {
  if (failure.error !== undefined) throw failure.error
  try {
    for await (const run of runs) {
      look(run)
      yield run
    }
  } catch (error) {
    failure.error = error instanceof Error ? error : new Error(String(error))
    throw error
  }
}

/** Reads the object back. @throws {ObjectChanged} when a row of it is not the row that was sent. */
async function readBack(deps: RunDeps, stored: StoredObject, summary: MetricSummary): Promise<void> {
  const { rows, minAt, maxAt, contentHash } = summary
  const written = { ...stored, rows, minTs: toPostgres(minAt ?? 0), maxTs: toPostgres(maxAt ?? 0), contentHash }
  for await (const _ of wholeRows(deps, written));
}

const nextOf = (
  run: string,
  over: string,
  { size, crc32c }: StoredObject,
  { rows, minAt, maxAt, contentHash }: MetricSummary,
): NextObject => ({ run, over, rows, minAt: minAt ?? 0, maxAt: maxAt ?? 0, size, crc32c, contentHash })
