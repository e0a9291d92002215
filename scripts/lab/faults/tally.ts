// Counts the results that the clients of a load observed.
import type { Answer } from './load/ask.ts'

/** An acknowledged request, in milliseconds of the monotonic clock. */
export interface Success {
  readonly sentAt: number
  readonly endedAt: number
  /** Label of the instance that answered. */
  readonly label: string
}

export interface Tally {
  readonly counts: Record<Answer['kind'], number>
  readonly successes: Success[]
  /** End times of requests that were not acknowledged. */
  readonly failures: number[]
  /** Answers that a client must never see, as sentences without repetitions. */
  readonly complaints: Set<string>
}

/** The time at which a fault ended; `label` is set for a fault of a single instance. */
export interface Lift {
  readonly at: number
  readonly label?: string
}

const MOST_COMPLAINTS = 50

export const openTally = (): Tally => ({
  counts: { acknowledged: 0, busy: 0, running: 0, cut: 0, unsent: 0, wrong: 0 },
  successes: [],
  failures: [],
  complaints: new Set(),
})

export function complain(tally: Tally, sentence: string): void {
  if (tally.complaints.size < MOST_COMPLAINTS) tally.complaints.add(sentence)
}

/**
 * Returns the longest time from the end of a fault to the first success of a request that was sent after it, by the same instance for a
 * fault of one instance; infinite when there was none.
 */
export function recoveryMs({ successes }: Tally, lifts: readonly Lift[]): number {
  const times = lifts.map(({ at, label }) =>
    successes
      .filter((success) => success.sentAt >= at && (label === undefined || success.label === label))
      .reduce((first, success) => Math.min(first, success.endedAt - at), Number.POSITIVE_INFINITY),
  )
  return Math.max(0, ...times)
}
