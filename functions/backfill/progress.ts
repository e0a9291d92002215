// How jobs move: which states follow which, how far a job is, and when it will be done.
import { Problem } from '@penstock/shared/base/problem.ts'
import { formatTimestamp, fromPostgres, type Micros } from '@penstock/shared/base/time.ts'
import { backwards, finished, outsideJob, type ProgressReport, rangesLeft, type Status } from './contract.ts'
import type { JobChange, LockedJob } from './queries.ts'

/** The legal moves. The trigger `keep_backfill_job` holds the database to the same. */
export const moves: Readonly<Record<Status, readonly Status[]>> = {
  running: ['running', 'paused', 'completed', 'failed'],
  paused: ['paused', 'running', 'completed', 'failed'],
  completed: [],
  failed: [],
}

/** No move leads out of it. */
export const isFinal = (status: Status): boolean => moves[status].length === 0

/** Blocks of a job with workers that were handed out and are not done, those of them that have failed, and the first. */
export interface OpenBlocks {
  readonly blocks: bigint
  readonly failed: bigint
  readonly first: bigint | null
}

/**
 * What a client's report changes; undefined for one that repeats how a finished job ended. Of a job with workers the ranges say how far
 * it is, and a report changes its state alone.
 * @throws {Problem} 400 for a block outside the job; 409 for one that is behind it, for a finished job, and for ranges that are not done.
 */
export function judgeReport(job: LockedJob, report: ProgressReport, open: OpenBlocks): JobChange | undefined {
  const [start, end, current] = [BigInt(job.start_block), BigInt(job.end_block), BigInt(job.current_block)]
  const { current_block: block } = report
  if (block > end) throw new Problem(outsideJob, 'current_block cannot exceed end_block')
  if (block < start) throw new Problem(outsideJob, 'current_block cannot be less than start_block')
  const status = report.status ?? job.status
  const hasWorkers = job.next_block !== null
  if (!moves[job.status].includes(status)) {
    if (status === job.status && (hasWorkers || block === current)) return undefined
    throw new Problem(finished, `The job has already ended (${job.status}).`)
  }
  if (hasWorkers && status === 'completed')
    throw new Problem(rangesLeft, 'Workers still have ranges to do. The job completes by itself after the last one.')
  if (!hasWorkers && block < current)
    throw new Problem(backwards, `The job is already at block ${current}. Report that block or a later one.`)
  return {
    ...stateChange(job, status, open),
    ...(!hasWorkers && {
      current_block: String(block),
      progress_percentage: percentageOf(block - start, end - start, report.progress_percentage),
      ...(goesOn(job, status) && { estimated_completion: estimate(job, block - start, end - start) }),
    }),
    ...(isGiven(report.estimated_completion) && {
      estimated_completion: formatTimestamp(report.estimated_completion),
    }),
    ...(isGiven(report.error_message) && { error_message: report.error_message }),
  }
}

const isGiven = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined

const goesOn = (job: LockedJob, status: Status): boolean => job.status === 'running' && status === 'running'

function stateChange(job: LockedJob, status: Status, open: OpenBlocks): JobChange {
  const resumes = job.status === 'paused' && status === 'running'
  return {
    status,
    ...(!goesOn(job, status) && { estimated_completion: null }),
    ...(isFinal(status) && { completed_at: job.now }),
    ...(resumes && { running_since: job.now, running_from: String(doneBlocks(job, open)) }),
  }
}

/**
 * What follows for a job with workers when one of its ranges is done, or has failed: with the last one the job is completed, or failed when
 * a range has. Its message is the caller's.
 */
export function advance(job: LockedJob, open: OpenBlocks): JobChange {
  const [start, end] = [BigInt(job.start_block), BigInt(job.end_block)]
  const done = doneBlocks(job, open)
  const total = end - start + 1n
  if (done === total) {
    const atTheEnd = { current_block: String(end), progress_percentage: 100 }
    return { ...atTheEnd, status: 'completed', completed_at: job.now, estimated_completion: null, error_message: null }
  }
  const isOver = open.failed > 0n && done + open.failed === total
  const reached = open.first ?? BigInt(job.next_block ?? job.current_block)
  return {
    current_block: String(reached < end ? reached : end),
    progress_percentage: percentageOf(done, total),
    ...(job.status === 'running' && { estimated_completion: estimate(job, done, total) }),
    ...(isOver && { status: 'failed', completed_at: job.now, estimated_completion: null }),
  }
}

/** Those before the first that is not handed out, or not reported on, but for the open ones. */
const doneBlocks = ({ next_block, current_block, start_block }: LockedJob, open: OpenBlocks): bigint =>
  BigInt(next_block ?? current_block) - BigInt(start_block) - open.blocks

/** What a client says is kept while it fits its block to half a point. */
function percentageOf(done: bigint, total: bigint, said?: number): number {
  const computed = done === total ? 100 : Math.min((Number(done) / Number(total)) * 100, BELOW_ALL)
  return said !== undefined && Math.abs(said - computed) <= HALF_A_POINT ? said : computed
}

/** Upper bound until every block is done: as doubles, 2^63 − 1 of 2^63 blocks would already be 100 %. */
const BELOW_ALL = 99.999_999
/** Half a point, plus the rounding error of a decimal fraction in a double. */
const HALF_A_POINT = 0.5 + 1e-9

/** By the speed since the job was last set running; null before a block is done, and for what is a century away. */
function estimate(job: LockedJob, done: bigint, total: bigint): string | null {
  const now = fromPostgres(job.now)
  const elapsed = now - fromPostgres(job.running_since)
  const doneSince = Number(done - BigInt(job.running_from))
  const left = (elapsed * Number(total - done)) / doneSince
  return doneSince > 0 && left < CENTURY ? formatTimestamp(now + Math.round(left)) : null
}

const CENTURY: Micros = 36_525 * 86_400_000_000
