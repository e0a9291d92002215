// The rules of a run.

import { logger } from '@penstock/shared/base/logger.ts'
import { Problem } from '@penstock/shared/base/problem.ts'
import { hourOf } from '@penstock/shared/base/time.ts'
import { type Compacted, compactDay, type DayPlan } from '@penstock/shared/compaction/compact-day.ts'
import type { DueLimits } from '@penstock/shared/compaction/due.ts'
import { planDays } from '@penstock/shared/compaction/plan.ts'
import { selectWaiting } from '@penstock/shared/compaction/queries.ts'
import { isDatabaseTrouble, isTransient } from '@penstock/shared/database/database-errors.ts'
import type { JobCall, JobRunDeps } from '@penstock/shared/jobs/job-run.ts'
import { runJob } from '@penstock/shared/jobs/scheduled.ts'
import type { PointCounts, RunAnswer, RunError } from './contract.ts'
import { selectTenantNames } from './queries.ts'

const JOB = 'compaction'

export type CompactionDeps = JobRunDeps & {
  readonly limits: DueLimits & {
    /** Milliseconds after which a run starts nothing new. */
    readonly runMs: number
  }
}

export type RunCall = Omit<JobCall, 'job'> & {
  /** True to take everything below the gate, due or not. */
  readonly all: boolean
}

/**
 * Moves due points from the log into chunks, and computes the roll-ups of their hours. Readers get the same answers before, during and
 * after a run. A failing tenant does not stop the others. `more` says that work is left after `runMs`. Safe to repeat and to interrupt;
 * concurrent runs do the work once.
 * @throws {Problem} 503 when another run outlasts the call's waiting time, or the database is not available.
 */
export async function run(deps: CompactionDeps, { all, ...call }: RunCall): Promise<RunAnswer> {
  const toLog = (answer: RunAnswer) => ({ ...answer, errors: answer.errors.length })
  return await runJob(deps, { job: JOB, ...call }, { work: async (renew) => await compactDue(deps, all, renew), toLog })
}

async function compactDue(deps: CompactionDeps, all: boolean, renew: () => Promise<void>): Promise<RunAnswer> {
  const started = deps.now()
  const isOver = (): boolean => deps.now() - started >= deps.limits.runMs
  const failed = new Set<number>()
  let points: PointCounts = { taken: 0, written: 0, replaced: 0, dropped: 0 }
  let days = 0
  let more = true
  // The rest of a day is planned again, together with the points that arrived in the meantime.
  while (more && !isOver()) {
    more = false
    for (const plan of await planNow(deps, all)) {
      if (failed.has(plan.tenantId)) continue
      more ||= isOver()
      if (isOver()) break
      await renew()
      const done = await attempt(deps, plan)
      if (!done) failed.add(plan.tenantId)
      else if (done.taken > 0) {
        points = add(points, done)
        days++
        more ||= done.more
      }
    }
  }
  const errors = await errorsOf(deps, failed)
  return { status: errors.length > 0 ? 'partial' : 'success', points, days, errors, more }
}

async function planNow(deps: CompactionDeps, all: boolean): Promise<readonly DayPlan[]> {
  const now = deps.now() * 1000
  const waiting = await deps.db.readAll((tx) => selectWaiting(tx, hourOf(now)))
  return planDays(waiting, deps.limits, { now, all })
}

/** Returns undefined when it failed for a reason that concerns only this tenant. */
async function attempt(deps: CompactionDeps, plan: DayPlan): Promise<Compacted | undefined> {
  try {
    return await compactDay(deps, plan)
  } catch (error) {
    const cause = error instanceof Problem ? error.cause : error
    if (isTransient(cause) || isDatabaseTrouble(cause)) throw error
    logger.error({ err: error, tenant_id: plan.tenantId, day: plan.day }, 'compaction.failed')
    return undefined
  }
}

const add = (a: PointCounts, b: PointCounts): PointCounts => ({
  taken: a.taken + b.taken,
  written: a.written + b.written,
  replaced: a.replaced + b.replaced,
  dropped: a.dropped + b.dropped,
})

async function errorsOf({ db }: CompactionDeps, failed: ReadonlySet<number>): Promise<readonly RunError[]> {
  if (failed.size === 0) return []
  const names = await db.readAll((tx) => selectTenantNames(tx, [...failed]))
  return [...failed].map((id) => ({
    tenant: names.get(id) ?? String(id),
    detail:
      'Its points could not be compacted; the log has the cause. They stay in the log and are answered from there.',
  }))
}
