// Several workers of one job in this process: each claims a range, has it done, says so, and claims the next.
import type { Clock } from '@penstock/shared/base/time.ts'
import type { Job, Lease } from '../../../functions/backfill/contract.ts'
import { type BackfillApi, LeaseLost } from './api.ts'
import type { WorkMeter } from './meter.ts'

/** What became of a range: done, or why not. */
export type RangeResult = { readonly isDone: true } | { readonly isDone: false; readonly message: string }

/** Does a range. When the signal says so it ends what it runs, and resolves. */
export type DoRange = (lease: Lease, signal: AbortSignal) => Promise<RangeResult>

export interface WorkDeps {
  readonly api: BackfillApi
  readonly doRange: DoRange
  readonly meter: WorkMeter
  readonly now: Clock
  /** Resolves after so long, or when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>
}

export interface WorkOptions {
  readonly jobId: string
  readonly workers: number
  /** The most blocks of a range. */
  readonly size: number
  readonly leaseSeconds: number
  /** A range that failed so often in this run is left alone. */
  readonly attempts: number
  /** By which the leases name us; each worker has its number behind it. */
  readonly name: string
}

/** `completed` and `failed` are the job's states; `given up`: ranges are left that fail again and again; `interrupted`: as asked. */
export type WorkOutcome = 'completed' | 'failed' | 'given up' | 'interrupted'

const LOOK_AGAIN_MS = 2_000
/** A range that failed is handed out again within five minutes. */
const LONGEST_PAUSE_MS = 310_000
/** Of whatever ranges, without one that succeeded between them: then it is not the ranges. */
const FAILURES_IN_A_ROW = 20

interface Work extends WorkDeps {
  readonly options: WorkOptions
  /** Asked to end. */
  readonly interrupted: AbortSignal
  /** Aborted when the workers are to stop, for whatever reason. */
  readonly stop: AbortController
  failuresInARow: number
  /** How often ranges failed in this run, and when last, by their first blocks; not those that are done. */
  readonly failures: Map<bigint, { readonly count: number; readonly at: number }>
  atWork: number
  outcome: WorkOutcome | undefined
}

/**
 * Works until the job is finished, or nothing but ranges that were given up is left. Ranges that others hold are waited for. Safe to
 * repeat, and to run beside itself; killed at whatever time, its ranges come back when their leases are over. Interrupted, it gives them
 * back itself.
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

/** Nothing was handed out: the job is finished or paused, or others have what is left. */
async function waitOrEnd(all: Work, job: Job): Promise<void> {
  all.meter.show(job, all.atWork)
  if (job.status === 'completed' || job.status === 'failed') end(all, job.status)
  else if (all.atWork === 0 && isOnlyLeft(all)) end(all, 'given up')
  else await all.pause(LOOK_AGAIN_MS, all.stop.signal)
}

/** Whether what failed here has failed too often, all of it: nothing of ours is worth waiting for. */
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
    // As one more failure it waits longer, and does not keep the other ranges from being handed out.
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

/** Has the range done, with heartbeats meanwhile. */
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

/** Three times in a lease, so that one that gets lost does no harm. */
async function beat(all: Work, lease: Lease, over: AbortSignal, lost: AbortController): Promise<void> {
  const { api, options, pause } = all
  for (;;) {
    await pause((options.leaseSeconds * 1000) / 3, over)
    if (over.aborted) return
    try {
      await api.heartbeat(options.jobId, lease)
    } catch (error) {
      // A server that is out of reach may be back before the lease is over; what counts is whether `complete` is taken.
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
