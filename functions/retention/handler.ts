// The rules of a run.

import { faultOf } from '@penstock/shared/archive/archive-fault.ts'
import { logger } from '@penstock/shared/base/logger.ts'
import { Problem } from '@penstock/shared/base/problem.ts'
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import { isTransient } from '@penstock/shared/database/database-errors.ts'
import { type JobCall, type JobRunDeps, runOnce } from '@penstock/shared/jobs/job-run.ts'
import { agingTables } from '@penstock/shared/schema/aging.ts'
import type { PolicyName, ReopenAnswer, Results, RunAnswer, RunRequest } from './contract.ts'
import { type DuePolicy, type PoliciesDeps, policiesOf } from './policies.ts'
import type { PolicyResult } from './policy.ts'
import { bringBackStored } from './stored/stored-months.ts'

const JOB = 'retention'

export type RetentionDeps = PoliciesDeps &
  JobRunDeps & {
    readonly limits: {
      /** Milliseconds after which a run starts nothing new. */
      readonly runMs: number
    }
  }

export type RunCall = Omit<JobCall, 'job'>

/**
 * Applies the policies one after the other. A failing policy does not stop the others. `more` says that work is left after `runMs`. A dry
 * run counts, changes nothing and is not a run of the job. Safe to repeat and to interrupt; concurrent runs do the work once.
 * @throws {Problem} 503 when another run outlasts the call's waiting time, or the database is not available.
 */
export async function run(deps: RetentionDeps, call: RunCall, request: RunRequest): Promise<RunAnswer> {
  if (request.dry_run) return await applyAll(deps, request, async () => {})
  return await runOnce(deps, { job: JOB, ...call }, async (renew) => {
    const answer = await applyAll(deps, request, renew)
    logger.info({ ...answer }, 'retention.run')
    return { outcome: answer.status, result: answer }
  })
}

/**
 * Brings an archived month back into the database; later runs archive it again. It waits for a run in progress, and no run starts in the
 * meantime. Safe to repeat and to interrupt.
 * @throws {Problem} 404 when the month is not archived; 503 when another run outlasts the call's waiting time.
 */
export async function reopen(deps: RetentionDeps, waitMs: number, month: string): Promise<ReopenAnswer> {
  const call = { job: JOB, scheduleTime: undefined, waitMs }
  return await runOnce(deps, call, async (renew) => ({
    outcome: 'success',
    result: await bringBackStored({ ...deps, renew }, month),
  }))
}

async function applyAll(deps: RetentionDeps, request: RunRequest, renew: () => Promise<void>): Promise<RunAnswer> {
  const started = deps.now()
  const asked = policiesOf(deps).filter(({ name }) => request.policies?.includes(name) ?? true)
  const outcomes = new Map<PolicyName, Outcome>()
  const deadline = started + deps.limits.runMs
  const dryRun = request.dry_run ?? false
  for (const policy of asked) outcomes.set(policy.name, await attempt(policy, { started, deadline, dryRun, renew }))
  const failed = [...outcomes].flatMap(([name, { error }]) => (error === undefined ? [] : [name]))
  return {
    status: failed.length === 0 ? 'success' : 'partial',
    message: messageOf(failed, dryRun),
    more: [...outcomes.values()].some(({ more }) => more),
    results: toResults(formatTimestamp(started * 1000), outcomes),
  }
}

type Outcome = PolicyResult & { readonly cutoff: string; readonly error?: string }

interface Circumstances {
  readonly started: number
  readonly deadline: number
  readonly dryRun: boolean
  readonly renew: () => Promise<void>
}

/** A failure affects this policy alone, unless the database is unavailable or the lease is lost: then the whole run fails. */
async function attempt(policy: DuePolicy, { started, deadline, dryRun, renew }: Circumstances): Promise<Outcome> {
  const cutoff = started * 1000 - policy.age
  const cutoffDate = formatTimestamp(cutoff)
  let lost = false
  const keep = async (): Promise<void> => {
    lost = true
    await renew()
    lost = false
  }
  try {
    return { ...(await policy.apply({ cutoff, dryRun, deadline, renew: keep })), cutoff: cutoffDate }
  } catch (error) {
    if (lost || (error instanceof Problem && isTransient(error.cause))) throw error
    const { detail, tenant, object } = faultOf(error)
    logger.error({ err: error, policy: policy.name, tenant, object }, 'retention.failed')
    return { more: false, cutoff: cutoffDate, error: detail }
  }
}

function messageOf(failed: readonly PolicyName[], dryRun: boolean): string {
  if (failed.length > 0) return `Policies that failed: ${failed.join(', ')}`
  return dryRun ? 'Dry run: nothing was changed' : 'Retention policies executed successfully'
}

/** Makes one result for each table whose rows are deleted by age alone. */
const mapAging = <T>(resultOf: (name: AgingPolicy) => T): Readonly<Record<AgingPolicy, T>> =>
  Object.fromEntries(agingTables.map(({ policy }) => [policy, resultOf(policy)])) as Record<AgingPolicy, T>

type AgingPolicy = (typeof agingTables)[number]['policy']

function toResults(executionTime: string, outcomes: ReadonlyMap<PolicyName, Outcome>): Results {
  const common = (name: PolicyName) => {
    const outcome = outcomes.get(name)
    return { cutoff_date: outcome?.cutoff ?? null, ...(outcome?.error === undefined ? {} : { error: outcome.error }) }
  }
  const deletes = (name: PolicyName) => ({ deleted_count: outcomes.get(name)?.deleted ?? 0, ...common(name) })
  const archives = (name: PolicyName) => ({
    archived_count: outcomes.get(name)?.archived ?? 0,
    archive_uris: outcomes.get(name)?.uris ?? [],
  })
  const archivesRows = (name: PolicyName) => ({
    ...archives(name),
    ...deletes(name),
    archive_uri: outcomes.get(name)?.uris?.at(-1) ?? null,
  })
  return {
    execution_time: executionTime,
    backfill_jobs: archivesRows('backfill_jobs'),
    feedback: archivesRows('feedback'),
    audit: archivesRows('audit'),
    metrics_archive: { ...archives('metrics_archive'), ...common('metrics_archive') },
    metrics_delete: deletes('metrics_delete'),
    archive_expire: deletes('archive_expire'),
    rollups: deletes('rollups'),
    ...mapAging(deletes),
  }
}
