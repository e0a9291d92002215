// The rules of a run, and the answers about partitions.

import { logger } from '@penstock/shared/base/logger.ts'
import { formatTimestamp, fromPostgres } from '@penstock/shared/base/time.ts'
import { type JobCall, type JobRunDeps, logAge, runOnce } from '@penstock/shared/jobs/job-run.ts'
import { type LastRunRow, selectLastRun } from '@penstock/shared/jobs/job-run-queries.ts'
import { findingsOf } from './audit.ts'
import { type ChunkMonthsDeps, makeChunkMonths } from './chunk-months.ts'
import type { Finding, LastRun, PartitionsAnswer, RunAnswer } from './contract.ts'
import { type RoleDeps, watchRoles } from './roles.ts'
import { attachedPartitions, surveyPartitions } from './survey.ts'

const JOB = 'partitions'
/**
 * Jobs of which this run logs the time since their last success. A job that does not run logs nothing, and an alert on absence can look
 * back 23.5 hours at most.
 */
const WATCHED = [JOB, 'retention']

/** `now` also decides which months are needed. */
export type PartitionsDeps = ChunkMonthsDeps & JobRunDeps & RoleDeps

export type RunCall = Omit<JobCall, 'job'>

/**
 * Makes the partitions that are needed and drops empty ones, restores changed logins (see roles.ts), and audits the result. A failing month
 * does not stop the others. `more` says that work is left after `runMs`. Safe to repeat and to interrupt; concurrent runs do the work once.
 * @throws {Problem} 503 when another run outlasts the call's waiting time, or the database is not available.
 */
export async function run(deps: PartitionsDeps, call: RunCall): Promise<RunAnswer> {
  for (const job of WATCHED) await logAge(deps, job)
  return await runOnce(deps, { job: JOB, ...call }, async (renew) => {
    const { made, errors, more } = await makeChunkMonths(deps, renew)
    const findings = [...(await audit(deps)), ...(await watchRoles(deps))]
    const status = errors.length > 0 ? 'partial' : 'success'
    logger.info({ made, errors, more, status, findings: findings.length }, 'partitions.run')
    return { outcome: status, result: { status, made, replayed: 0, errors, findings, more } }
  })
}

async function audit(deps: PartitionsDeps): Promise<Finding[]> {
  const now = deps.now() * 1000
  const findings = findingsOf(await deps.db.readAll((tx) => surveyPartitions(tx, now)))
  for (const finding of findings) logger.warn({ ...finding }, 'partitions.finding')
  return findings
}

/** Returns the partitions that points are stored in, the newest run, and the findings. Changes nothing. */
export async function list(deps: PartitionsDeps): Promise<PartitionsAnswer> {
  const now = deps.now() * 1000
  return await deps.db.readAll(async (tx) => {
    const audited = await surveyPartitions(tx, now)
    return {
      partitions: attachedPartitions(audited),
      deferred: [],
      last_run: toLastRun(await selectLastRun(tx, JOB)),
      findings: findingsOf(audited),
    }
  })
}

function toLastRun(row: LastRunRow | undefined): LastRun | null {
  if (!row) return null
  const time = (text: string) => formatTimestamp(fromPostgres(text))
  return {
    started_at: time(row.started_at),
    finished_at: row.finished_at === null ? null : time(row.finished_at),
    outcome: row.outcome,
  }
}
