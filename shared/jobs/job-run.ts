// Runs a scheduled job one run at a time, and once per schedule time.

import { logger } from '../base/logger.ts'
import { busy } from '../base/problem.ts'
import type { Clock } from '../base/time.ts'
import type { PenstockDatabase } from '../database/database.ts'
import {
  drawCallId,
  extendLease,
  finishRun,
  type Outcome,
  openRun,
  type RunLease,
  secondsSinceSuccess,
} from './job-run-queries.ts'

export interface JobRunDeps {
  readonly db: Pick<PenstockDatabase, 'read' | 'write' | 'readAll' | 'writeAll'>
  readonly now: Clock
  readonly pause: (ms: number) => Promise<void>
  readonly limits: {
    /**
     * Milliseconds for which a killed run blocks others. A living run renews its lease three times as often, independently of its work,
     * while a connection is free for it; while none is, its open transaction shows that it is alive.
     */
    readonly leaseMs: number
    /** Milliseconds between two looks of a call that waits for another run. */
    readonly pollMs: number
  }
}

export interface JobCall {
  readonly job: string
  /** In RFC 3339; the same for every attempt of one scheduled call. Undefined for a manual call. */
  readonly scheduleTime: string | undefined
  /** Maximum milliseconds that the call waits for a run in progress. */
  readonly waitMs: number
}

export interface Finished<R> {
  /** Only a success uses up the schedule time. */
  readonly outcome: Exclude<Outcome, 'failed'>
  readonly result: R
}

/**
 * Does the work, unless this schedule time has already succeeded: then it returns that result again. A call that meets a run waits for it,
 * and then does the remaining work.
 *
 * The lease is renewed during the work. `work` calls `renew` between its steps to check that it still has the lease. Each step is a
 * transaction that reads the state again, because a suspended holder notices only then that its lease has expired.
 * @throws {Problem} 503 when the other run outlasts `waitMs`, or when this one lost its lease. Any error of `work` is rethrown, and the
 * schedule time is then not used up.
 */
export async function runOnce<R extends object>(
  deps: JobRunDeps,
  call: JobCall,
  work: (renew: () => Promise<void>) => Promise<Finished<R>>,
): Promise<R> {
  const opened = await open(deps, call)
  if (opened.kind === 'succeeded') return opened.result as R
  const { lease } = opened
  const stopRenewing = keepRenewing(deps, lease)
  try {
    const { outcome, result } = await work(async () => await renew(deps, lease))
    stopRenewing()
    await finish(deps, lease, outcome, result)
    return result
  } catch (error) {
    stopRenewing()
    await finish(deps, lease, 'failed', {}).catch((cause: unknown) => logger.warn({ err: cause }, 'job.not_closed'))
    throw error
  }
}

/**
 * Logs `<job>.age`, the gauge that an alert watches. A failing run logs how long ago the last success was, like a successful one does.
 */
export async function logAge({ db }: Pick<JobRunDeps, 'db'>, job: string): Promise<void> {
  const seconds = await db.readAll((tx) => secondsSinceSuccess(tx, job))
  logger.info({ age_s: Math.round(seconds) }, `${job}.age`)
}

type Opened =
  | { readonly kind: 'opened'; readonly lease: RunLease }
  | { readonly kind: 'succeeded'; readonly result: object }

async function open(deps: JobRunDeps, call: JobCall): Promise<Opened> {
  const { leaseMs, pollMs } = deps.limits
  const started = deps.now()
  const opening = { ...call, callId: await deps.db.readAll(drawCallId) }
  for (;;) {
    const opened = await deps.db.writeAll((tx) => openRun(tx, opening, leaseMs)).catch(takenMeanwhile)
    if (opened.kind !== 'taken') return opened
    if (deps.now() - started + pollMs > call.waitMs) throw busy('Another run of this job is under way.', undefined, 10)
    await deps.pause(pollMs)
  }
}

/** Two calls can both find no open run; the unique index lets one of them in. */
function takenMeanwhile(error: unknown): { readonly kind: 'taken' } {
  if ((error as { code?: unknown }).code === UNIQUE_VIOLATION) return { kind: 'taken' }
  throw error
}

const UNIQUE_VIOLATION = '23505'

async function renew({ db, limits }: JobRunDeps, lease: RunLease): Promise<void> {
  const kept = await db.writeAll((tx) => extendLease(tx, lease, limits.leaseMs))
  if (!kept) throw busy('This run lost its lease, and another run has taken over its work.')
}

/** A renewal is a transaction, so it is not made more often than this, however short the lease is. */
const SHORTEST_BEAT_MS = 1_000

/**
 * Renews the lease until the returned function is called. The next renewal makes up for a failed one. The work learns from `renew` that
 * the lease is lost.
 */
function keepRenewing({ db, now, limits }: JobRunDeps, lease: RunLease): () => void {
  const beatMs = Math.max(SHORTEST_BEAT_MS, limits.leaseMs / 3)
  let renewing = false
  const beat = async (): Promise<void> => {
    if (renewing) return
    renewing = true
    try {
      await db.writeAll((tx) => extendLease(tx, lease, limits.leaseMs), { deadline: now() + beatMs })
    } catch (error) {
      logger.info({ err: error }, 'job.not_renewed')
    } finally {
      renewing = false
    }
  }
  const timer = setInterval(() => void beat(), beatMs)
  return () => clearInterval(timer)
}

async function finish({ db }: JobRunDeps, lease: RunLease, outcome: Outcome, result: object): Promise<void> {
  await db.writeAll((tx) => finishRun(tx, lease, outcome, result))
}
