// Shows a job's progress: a bar on a terminal, otherwise a line from time to time.
import type { Clock } from '@penstock/shared/base/time.ts'
import type { Job, Lease } from '../../../functions/backfill/contract.ts'
import type { Screen } from '../../cli/output.ts'
import { bar, clock, count, percent } from '../../cli/progress-bar.ts'

export interface WorkMeterDeps extends Screen {
  readonly now: Clock
}

export interface WorkMeter {
  /** Shows the current state of the job, and the number of ranges that this process works on. */
  show(job: Job, atWork: number): void
  done(job: Job, atWork: number): void
  failed(lease: Lease, message: string): void
  lost(lease: Lease): void
  /** Prints a permanent line. */
  say(line: string): void
  /** Removes the bar, and prints a summary. */
  end(): void
}

const BAR_PAUSE_MS = 200
const LINE_PAUSE_MS = 10_000

/**
 * Makes a meter that counts the work of this process. The progress and the estimated end come from the job, which other processes work on
 * too.
 */
export function createWorkMeter({ now, write, clear, isTerminal }: WorkMeterDeps): WorkMeter {
  const begun = now()
  const counts = { done: 0, failed: 0, lost: 0 }
  let shown = Number.NEGATIVE_INFINITY
  let barIsThere = false
  const say = (line: string): void => {
    if (barIsThere) clear()
    write(`${line}\n`)
    barIsThere = false
  }
  const show = (job: Job, atWork: number): void => {
    if (now() - shown < (isTerminal ? BAR_PAUSE_MS : LINE_PAUSE_MS)) return
    shown = now()
    const text = `${percent(job.progress_percentage / 100)}  ${tally(counts, now() - begun)}  ${outlook(job, atWork, now())}`
    if (isTerminal) clear()
    write(isTerminal ? `${bar(job.progress_percentage / 100)} ${text}` : `${text}\n`)
    barIsThere = isTerminal
  }
  return {
    show,
    done(job, atWork) {
      counts.done++
      show(job, atWork)
    },
    failed(lease, message) {
      counts.failed++
      say(`${rangeOf(lease)} failed: ${message}`)
    },
    lost(lease) {
      counts.lost++
      say(`${rangeOf(lease)}: the lease was lost, and another worker has it`)
    },
    say,
    end: () => say(tally(counts, now() - begun)),
  }
}

interface Counts {
  readonly done: number
  readonly failed: number
  readonly lost: number
}

function tally({ done, failed, lost }: Counts, ms: number): string {
  const rate = done / Math.max(0.001, ms / 1000)
  const perSecond = rate < 10 ? rate.toFixed(1) : count(Math.round(rate))
  return `${count(done)} ranges  ${perSecond}/s  ${count(failed)} failed${lost > 0 ? `  ${count(lost)} lost` : ''}`
}

function outlook({ status, estimated_completion: eta }: Job, atWork: number, now: number): string {
  const left = eta === null ? '' : `  ${clock((Date.parse(eta) - now) / 1000)} left`
  return status === 'paused' ? 'paused' : `${count(atWork)} at work${left}`
}

const rangeOf = ({ start_block: start, end_block: end }: Lease): string =>
  start === end ? `block ${start}` : `blocks ${start} to ${end}`
