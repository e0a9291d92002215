// The rules of a run, and the answers about partitions.

import { logger } from '@penstock/shared/base/logger.ts'
import { Problem } from '@penstock/shared/base/problem.ts'
import { formatTimestamp, fromPostgres } from '@penstock/shared/base/time.ts'
import { isTransient } from '@penstock/shared/database/database-errors.ts'
import type { AsOwner } from '@penstock/shared/database/owner-connection.ts'
import { type JobCall, type JobRunDeps, logAge, runOnce } from '@penstock/shared/jobs/job-run.ts'
import { type LastRunRow, selectLastRun } from '@penstock/shared/jobs/job-run-queries.ts'
import { fillAhead, type GoLiveDeps, goLive, replay } from '@penstock/shared/months/go-live.ts'
import { makeRollupTable } from '@penstock/shared/months/rollup-table.ts'
import { isLogStore } from '@penstock/shared/points/store-switch.ts'
import { findingsOf } from './audit.ts'
import { attachedChunks, findingsOfChunks } from './chunk-audit.ts'
import { makeChunkMonths } from './chunk-months.ts'
import type { Finding, LastRun, MonthError, PartitionsAnswer, RunAnswer } from './contract.ts'
import { planSteps, type Step } from './months.ts'
import { type RoleDeps, watchRoles } from './roles.ts'
import { attachedPartitions, countWaiting, surveyChunks, surveyPartitions } from './survey.ts'

const JOB = 'partitions'
/**
 * Jobs of which this run logs the time since their last success. A job that does not run logs nothing, and an alert on absence can look
 * back 23.5 hours at most.
 */
const WATCHED = [JOB, 'retention']

/** `now` also decides which months are needed. */
export type PartitionsDeps = GoLiveDeps &
  JobRunDeps &
  RoleDeps & {
    /** Runs statements as the tables' owner outside a transaction; when absent, no partition is dropped. */
    readonly asOwner?: AsOwner
    readonly limits: {
      /** Milliseconds after which a run starts nothing new. */
      readonly runMs: number
    }
  }

export type RunCall = Omit<JobCall, 'job'>

/**
 * Makes the months that are needed or that deferred points wait for, moves these points in, restores changed logins (see roles.ts), and
 * audits the result. A failing month does not stop the others. `more` says that work is left after `runMs`. Safe to repeat and to
 * interrupt; concurrent runs do the work once.
 * @throws {Problem} 503 when another run outlasts the call's waiting time, or the database is not available.
 */
export async function run(deps: PartitionsDeps, call: RunCall): Promise<RunAnswer> {
  for (const job of WATCHED) await logAge(deps, job)
  return await runOnce(deps, { job: JOB, ...call }, async (renew) => {
    const work = await workThrough(deps, renew)
    const findings = [...(await audit(deps)), ...(await watchRoles(deps))]
    const status = work.errors.length > 0 ? 'partial' : 'success'
    logger.info({ ...work, status, findings: findings.length }, 'partitions.run')
    return { outcome: status, result: { status, ...work, findings } }
  })
}

type Work = Pick<RunAnswer, 'made' | 'replayed' | 'errors' | 'more'>

async function workThrough(deps: PartitionsDeps, renew: () => Promise<void>): Promise<Work> {
  const started = deps.now()
  const made: string[] = []
  const errors: MonthError[] = []
  let replayed = 0
  const steps = planSteps(await deps.db.writeAll((tx) => surveyPartitions(tx, started * 1000)))
  for (const step of steps) {
    for (let finished = false; !finished; ) {
      if (deps.now() - started >= deps.limits.runMs) return { made, replayed, errors, more: true }
      await renew()
      const advance = await attempt(deps, step)
      finished = advance.finished
      replayed += advance.replayed
      if (advance.made) made.push(step.month)
      if (advance.error) errors.push(advance.error)
    }
  }
  for (const month of await makeChunkMonths(deps, renew)) if (!made.includes(month)) made.push(month)
  return { made, replayed, errors, more: false }
}

interface Advance {
  readonly finished: boolean
  readonly made: boolean
  readonly replayed: number
  readonly error?: MonthError
}

/** Runs one transaction of a step. A failure affects this month alone, unless the database is unavailable: then the whole run fails. */
async function attempt(deps: PartitionsDeps, step: Step): Promise<Advance> {
  const { month } = step
  try {
    const advance = await steps[step.kind](deps, month)
    if (advance.made) logger.info({ month, replayed: advance.replayed }, 'partitions.live')
    else if (advance.replayed > 0) logger.info({ month, replayed: advance.replayed }, 'partitions.moved')
    return advance
  } catch (error) {
    if (error instanceof Problem && isTransient(error.cause)) throw error
    logger.error({ err: error, month }, 'partitions.failed')
    const detail =
      error instanceof Problem ? error.detail : 'The month could not be made live. The cause is in the log.'
    return { finished: true, made: false, replayed: 0, error: { month, detail } }
  }
}

const steps = { make: makeOn, replay: replayOn, rollups: makeRollupsOn }

async function makeOn(deps: PartitionsDeps, month: string): Promise<Advance> {
  const ahead = await fillAhead(deps, month)
  if (ahead === deps.limits.batchPoints) return { finished: false, made: false, replayed: ahead }
  const { made, replayed } = await goLive(deps, month)
  return { finished: true, made, replayed: ahead + replayed }
}

async function replayOn(deps: PartitionsDeps, month: string): Promise<Advance> {
  const replayed = await replay(deps, month)
  return { finished: replayed < deps.limits.batchPoints, made: false, replayed }
}

async function makeRollupsOn(deps: PartitionsDeps, month: string): Promise<Advance> {
  const made = await deps.db.writeAll((tx) => makeRollupTable(tx, month))
  if (made) logger.info({ month }, 'partitions.rollups')
  return { finished: true, made: false, replayed: 0 }
}

async function audit(deps: PartitionsDeps): Promise<Finding[]> {
  const isLog = await isLogStore(deps.db)
  const now = deps.now() * 1000
  const findings = await deps.db.readAll(async (tx) => [
    ...findingsOf(await surveyPartitions(tx, now)),
    ...findingsOfChunks(await surveyChunks(tx, now, isLog)),
  ])
  for (const finding of findings) logger.warn({ ...finding }, 'partitions.finding')
  return findings
}

/** Returns the partitions that points are stored in, the waiting points, the newest run, and the findings. Changes nothing. */
export async function list(deps: PartitionsDeps): Promise<PartitionsAnswer> {
  const now = deps.now() * 1000
  const isLog = await isLogStore(deps.db)
  return await deps.db.readAll(async (tx) => {
    const audited = await surveyPartitions(tx, now)
    const chunks = await surveyChunks(tx, now, isLog)
    return {
      partitions: [...attachedPartitions(audited), ...attachedChunks(chunks)],
      deferred: await countWaiting(tx, audited),
      last_run: toLastRun(await selectLastRun(tx, JOB)),
      findings: [...findingsOf(audited), ...findingsOfChunks(chunks)],
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
