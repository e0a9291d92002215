// Runs several workers of one job in this process: each claims a range, processes it, reports it, and claims the next.
import type { Clock } from '@penstock/shared/base/time.ts'
import type { Job, Lease } from '../../../functions/backfill/contract.ts'
import { type BackfillApi, LeaseLost } from './api.ts'
import type { WorkMeter } from './meter.ts'

/** The result of a range: done, or the reason why not. */
export type RangeResult = { readonly isDone: true } | { readonly isDone: false; readonly message: string }

/** Processes a range. When the signal is aborted, it ends the running work and resolves. */
export type DoRange = (lease: Lease, signal: AbortSignal) => Promise<RangeResult>

export interface WorkDeps {
  readonly api: BackfillApi
  readonly doRange: DoRange
  readonly meter: WorkMeter
  readonly now: Clock
  /** Resolves after `ms`, or when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>
}

export interface WorkOptions {
  readonly jobId: string
  readonly workers: number
  /** Maximum number of blocks in a range. */
  readonly size: number
  readonly leaseSeconds: number
  /** A range that failed this often in this run is not tried again. */
  readonly attempts: number
  /** The name in the leases; each worker appends its number. */
  readonly name: string
}

/**
 * `completed` and `failed` are states of the job. `given up`: only ranges that failed repeatedly are left. `interrupted`: the run was
 * asked to end.
 */
export type WorkOutcome = 'completed' | 'failed' | 'given up' | 'interrupted'

const LOOK_AGAIN_MS = 2_000
/** Longer than the maximum pause of five minutes before a failed range can be leased again. */
const LONGEST_PAUSE_MS = 310_000
/** Consecutive failures over any ranges after which the run stops, because the fault is then not in the ranges. */
const FAILURES_IN_A_ROW = 20

interface Work extends WorkDeps {
  readonly options: WorkOptions
  /** Aborted when the run is asked to end. */
  readonly interrupted: AbortSignal
  /** Aborted when the workers must stop, for any reason. */
  readonly stop: AbortController
  failuresInARow: number
  /** Failed ranges of this run by their first block, with the number and the time of their failures; ranges that are done are removed. */
  readonly failures: Map<bigint, { readonly count: number; readonly at: number }>
  atWork: number
  outcome: WorkOutcome | undefined
}

/**
 * Works until the job has ended, or only ranges that this run gave up are left. It waits for ranges that others hold. Safe to repeat, and
 * to run several times at once. When it is killed, its ranges are returned when their leases expire; when it is interrupted, it returns
 * them itself.
 * @throws {Error} when the function refuses, or does not answer.
 */
export async function work(deps: WorkDeps, options: WorkOptions, interrupted: AbortSignal): Promise<WorkOutcome> {
  const stop = new AbortController()
  const all: Work = {
    ...deps,
    options,
    interrupted,
    stop,
    failuresInARow: 0,
    failures: new Map(),
    atWork: 0,
    outcome: undefined,
  }
  const onInterrupt = (): void => stop.abort()
  interrupted.addEventListener('abort', onInterrupt)
  try {
    const names = Array.from({ length: options.workers }, (_, i) => `${options.name} ${i + 1}`)
    const ended = await Promise.allSettled(names.map((name) => workAs(all, name)))
    for (const one of ended) if (one.status === 'rejected') throw one.reason
    return interrupted.aborted ? 'interrupted' : (all.outcome ?? 'given up')
  } finally {
    interrupted.removeEventListener('abort', onInterrupt)
    deps.meter.end()
  }
}

async function workAs(all: Work, worker: string): Promise<void> {
  const { api, options, stop } = all
  try {
    while (!stop.signal.aborted) {
      const lease = await api.claim(options.jobId, { worker, size: options.size, lease_seconds: options.leaseSeconds })
      if (!lease) await waitOrEnd(all, await api.job(options.jobId))
      else if (stop.signal.aborted) await giveBack(all, lease)
      else await doLease(all, lease)
    }
  } catch (error) {
    stop.abort()
    throw error
  }
}

/** Handles a claim without a range: the job has ended or is paused, or other workers hold the rest. */
async function waitOrEnd(all: Work, job: Job): Promise<void> {
  all.meter.show(job, all.atWork)
  if (job.status === 'completed' || job.status === 'failed') end(all, job.status)
  else if (all.atWork === 0 && isOnlyLeft(all)) end(all, 'given up')
  else await all.pause(LOOK_AGAIN_MS, all.stop.signal)
}

/** Returns true when every range that failed in this run has failed too often, so waiting is useless. */
function isOnlyLeft({ failures, options, now }: Work): boolean {
  const isWaiting = ({ count, at }: { readonly count: number; readonly at: number }): boolean =>
    count < options.attempts && now() - at < LONGEST_PAUSE_MS
  return failures.size > 0 && ![...failures.values()].some(isWaiting)
}

function end(all: Work, outcome: WorkOutcome): void {
  all.outcome ??= outcome
  all.stop.abort()
}

async function doLease(all: Work, lease: Lease): Promise<void> {
  const { api, options, meter } = all
  const failures = all.failures.get(lease.start_block)?.count ?? 0
  if (failures >= options.attempts) {
    // Reported as one more failure, the range waits longer and does not block the other ranges.
    await unlessLost(async () => api.fail(options.jobId, lease, `failed ${failures} times, and was left alone`))
    return
  }
  all.atWork++
  try {
    await doHeld(all, lease)
  } finally {
    all.atWork--
  }
  if (all.failuresInARow >= FAILURES_IN_A_ROW) {
    meter.say(`${FAILURES_IN_A_ROW} ranges in a row failed: something else is wrong`)
    end(all, 'given up')
  }
}

/** Processes the range, with heartbeats in the meantime. */
async function doHeld(all: Work, lease: Lease): Promise<void> {
  const { api, options, meter } = all
  const over = new AbortController()
  const lost = new AbortController()
  const beating = beat(all, lease, over.signal, lost)
  const result = await all.doRange(lease, AbortSignal.any([lost.signal, all.stop.signal])).finally(() => over.abort())
  await beating
  if (lost.signal.aborted) meter.lost(lease)
  else if (result.isDone) {
    all.failuresInARow = 0
    all.failures.delete(lease.start_block)
    const job = await unlessLost(async () => api.complete(options.jobId, lease))
    if (job) meter.done(job, all.atWork)
    else meter.lost(lease)
  } else if (all.stop.signal.aborted) await giveBack(all, lease)
  else {
    all.failuresInARow++
    all.failures.set(lease.start_block, {
      count: (all.failures.get(lease.start_block)?.count ?? 0) + 1,
      at: all.now(),
    })
    meter.failed(lease, result.message)
    await unlessLost(async () => api.fail(options.jobId, lease, result.message))
  }
}

/** Sends three heartbeats per lease, so a lost one does no harm. */
async function beat(all: Work, lease: Lease, over: AbortSignal, lost: AbortController): Promise<void> {
  const { api, options, pause } = all
  for (;;) {
    await pause((options.leaseSeconds * 1000) / 3, over)
    if (over.aborted) return
    try {
      await api.heartbeat(options.jobId, lease)
    } catch (error) {
      // A server that is out of reach may be back before the lease expires; only the result of `complete` counts.
      if (!(error instanceof LeaseLost)) continue
      lost.abort()
      return
    }
  }
}

const giveBack = async (all: Work, lease: Lease): Promise<unknown> =>
  await unlessLost(async () => all.api.fail(all.options.jobId, lease, undefined))

async function unlessLost(report: () => Promise<Job>): Promise<Job | undefined> {
  try {
    return await report()
  } catch (error) {
    if (error instanceof LeaseLost) return undefined
    throw error
  }
}
