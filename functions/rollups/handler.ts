// The rules of a run.

import { logger } from '@penstock/shared/base/logger.ts'
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { JobCall, JobRunDeps } from '@penstock/shared/jobs/job-run.ts'
import { runJob } from '@penstock/shared/jobs/scheduled.ts'
import { takeWriteLock, type WriteLockDeps } from '@penstock/shared/months/write-lock.ts'
import type { RunAnswer, RunError } from './contract.ts'
import type { Failure } from './isolate.ts'
import { moveFence, selectTenants } from './queries.ts'
import { refreshInvalid, refreshWindow, skipToFence, survey } from './refresh.ts'
import { fenceAt, nextWindow } from './windows.ts'

const JOB = 'rollups'

export type RollupDeps = WriteLockDeps &
  JobRunDeps & {
    readonly limits: {
      /** Milliseconds after which a run starts nothing new. */
      readonly runMs: number
      /** Invalidations that are taken in one transaction. */
      readonly batchHours: number
      /** Maximum hours of one transaction; the next one has twice as many while the previous one held few points. */
      readonly windowHours: number
      readonly windowPoints: number
      /** Milliseconds after the end of an hour before it is rolled up: a later write invalidates it. */
      readonly settleMs: number
      /** The pause after a transaction, as a share of its duration, because writers have priority. */
      readonly restShare: number
    }
  }

export type RunCall = Omit<JobCall, 'job'>

/**
 * Computes the roll-ups of hours that have ended, and of hours that were written to since. Readers get the same answers before, during and
 * after a run. A failing tenant does not stop the others. `more` says that work is left after `runMs`. Safe to repeat and to interrupt;
 * concurrent runs do the work once.
 * @throws {Problem} 503 when another run outlasts the call's waiting time, a writer prevents the fence from moving, or the database is not
 * available.
 */
export async function run(deps: RollupDeps, call: RunCall): Promise<RunAnswer> {
  const toLog = (answer: RunAnswer) => ({ ...answer, errors: answer.errors.length })
  return await runJob(deps, { job: JOB, ...call }, { work: async (renew) => await refresh(deps, renew), toLog })
}

interface Progress {
  buckets: number
  readonly months: Set<string>
  readonly tenants: Map<number, unknown>
}

async function refresh(deps: RollupDeps, renew: () => Promise<void>): Promise<RunAnswer> {
  const started = deps.now()
  const progress: Progress = { buckets: 0, months: new Set(), tenants: new Map() }
  await moveTheFence(deps, fenceAt((started - deps.limits.settleMs) * 1000))
  // Half of the time is reserved for new hours, however many old ones are invalid.
  const invalidLeft = await refreshInvalidUntil(deps, progress, renew, started + deps.limits.runMs / 2)
  const hoursLeft = await refreshNewHours(deps, progress, renew, started + deps.limits.runMs)
  const { marks } = await survey(deps.db)
  const errors = await errorsOf(deps.db, progress)
  return {
    status: errors.length > 0 ? 'partial' : 'success',
    buckets: progress.buckets,
    watermark: Number.isFinite(marks.watermark) ? formatTimestamp(marks.watermark) : null,
    errors,
    more: invalidLeft || hoursLeft,
  }
}

/** Later writers record what they invalidate; earlier ones have committed. */
async function moveTheFence(deps: RollupDeps, to: number): Promise<void> {
  const { marks } = await survey(deps.db)
  if (marks.fence >= to) return
  await deps.db.writeAll(async (tx) => {
    await takeWriteLock(deps, tx)
    await moveFence(tx, to)
  })
}

/** Returns true when invalidations are left that another run could take. */
async function refreshInvalidUntil(
  deps: RollupDeps,
  progress: Progress,
  renew: () => Promise<void>,
  until: number,
): Promise<boolean> {
  for (let more = true; more; ) {
    if (deps.now() >= until) return true
    await renew()
    const ready = (await survey(deps.db)).months.flatMap(({ month, ready }) => (ready ? [month] : []))
    const failing = new Set(progress.tenants.keys())
    const done = await restAfter(
      deps,
      async () => await refreshInvalid(deps.db, ready, deps.limits.batchHours, failing),
    )
    note(progress, done)
    more = done.more
  }
  return false
}

/** Returns true when hours are left that another run could roll up. */
async function refreshNewHours(
  deps: RollupDeps,
  progress: Progress,
  renew: () => Promise<void>,
  until: number,
): Promise<boolean> {
  const { windowHours, windowPoints } = deps.limits
  for (let hours = 1; ; ) {
    const { marks, months } = await survey(deps.db)
    const next = nextWindow(marks, months, hours)
    if (next.kind === 'done') return false
    if (deps.now() >= until) return true
    await renew()
    if (next.kind === 'stuck') {
      progress.months.add(next.month)
      return true
    }
    if (next.kind === 'skip') {
      await skipToFence(deps.db, marks)
      continue
    }
    const done = await restAfter(deps, async () => await refreshWindow(deps.db, marks.watermark, next))
    note(progress, done)
    hours = done.points > windowPoints / 2 ? Math.max(1, hours >> 1) : Math.min(hours * 2, windowHours)
  }
}

/** Pauses after a transaction, so that catching up on months leaves a small server's processor to the writers. */
async function restAfter<T>({ now, pause, limits }: RollupDeps, work: () => Promise<T>): Promise<T> {
  const begun = now()
  const done = await work()
  await pause((now() - begun) * limits.restShare)
  return done
}

function note(progress: Progress, done: { readonly buckets: number; readonly failures: readonly Failure[] }): void {
  progress.buckets += done.buckets
  for (const { tenant, error } of done.failures) {
    if (!progress.tenants.has(tenant)) logger.error({ err: error, tenant_id: tenant }, 'rollups.failed')
    progress.tenants.set(tenant, error)
  }
}

async function errorsOf(
  db: Pick<PenstockDatabase, 'readAll' | 'writeAll'>,
  { months, tenants }: Progress,
): Promise<readonly RunError[]> {
  if (tenants.size + months.size === 0) return []
  const names = new Map((await db.readAll(selectTenants)).map(({ id, name }) => [id, name] as const))
  return [
    ...[...months].map((month) => ({
      month,
      detail: 'The roll-up partition of this month is missing. The partitions job creates it.',
    })),
    ...[...tenants.keys()].map((id) => ({
      tenant: names.get(id) ?? String(id),
      detail: 'The roll-ups of this month could not be computed. The cause is in the log.',
    })),
  ]
}
