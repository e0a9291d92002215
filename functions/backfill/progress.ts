// The transitions of jobs: the legal ones between states, the progress, and the estimated end.
import { Problem } from '@penstock/shared/base/problem.ts'
import { formatTimestamp, fromPostgres, type Micros } from '@penstock/shared/base/time.ts'
import { backwards, finished, outsideJob, type ProgressReport, rangesLeft, type Status } from './contract.ts'
import type { JobChange, LockedJob } from './queries.ts'

/** The legal transitions. The trigger `keep_backfill_job` enforces the same in the database. */
export const moves: Readonly<Record<Status, readonly Status[]>> = {
  running: ['running', 'paused', 'completed', 'failed'],
  paused: ['paused', 'running', 'completed', 'failed'],
  completed: [],
  failed: [],
}

/** Returns true for a state that no transition leaves. */
export const isFinal = (status: Status): boolean => moves[status].length === 0

/** Counts for a job with workers: leased blocks that are not done, the failed ones among them, and the first block. */
export interface OpenBlocks {
  readonly blocks: bigint
  readonly failed: bigint
  readonly first: bigint | null
}

/**
 * Returns the change that a client's report makes; undefined for a report that repeats how the job ended. The progress of a job with
 * workers follows from its ranges, so a report changes only its state.
 * @throws {Problem} 400 for a block outside the job; 409 for a block before the current one, for a job that has ended, and for unfinished
 * ranges.
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
 * Returns the change of a job with workers when one of its ranges is done or has failed: with the last range the job is completed, or
 * failed when a range has failed. The caller adds the message.
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

/** Number of done blocks: those before the first one that was not leased or reported, minus the open ones. */
const doneBlocks = ({ next_block, current_block, start_block }: LockedJob, open: OpenBlocks): bigint =>
  BigInt(next_block ?? current_block) - BigInt(start_block) - open.blocks

/** A client's percentage is used if it is within half a point of its block. */
function percentageOf(done: bigint, total: bigint, said?: number): number {
  const computed = done === total ? 100 : Math.min((Number(done) / Number(total)) * 100, BELOW_ALL)
  return said !== undefined && Math.abs(said - computed) <= HALF_A_POINT ? said : computed
}

/** Upper bound until every block is done: as doubles, 2^63 − 1 of 2^63 blocks would already be 100 %. */
const BELOW_ALL = 99.999_999
/** Half a point, plus the rounding error of a decimal fraction in a double. */
const HALF_A_POINT = 0.5 + 1e-9

/**
 * Estimates the end from the speed since the job was last set running; null before a block is done, and for an end in more than a
 * century.
 */
function estimate(job: LockedJob, done: bigint, total: bigint): string | null {
  const now = fromPostgres(job.now)
  const elapsed = now - fromPostgres(job.running_since)
  const doneSince = Number(done - BigInt(job.running_from))
  const left = (elapsed * Number(total - done)) / doneSince
  return doneSince > 0 && left < CENTURY ? formatTimestamp(now + Math.round(left)) : null
}

const CENTURY: Micros = 36_525 * 86_400_000_000
