// The limits of a function's front.

import type { Deployment } from '../database/connection-budget.ts'
import type { LogLimits } from './access-log.ts'
import type { AnswerLimits } from './answer.ts'
import type { AllowanceLimits } from './body-allowance.ts'
import type { LeastRate } from './least-rate.ts'

export interface EdgeLimits extends AnswerLimits, LogLimits {
  /** Limit of one body, as sent and as inflated; a route may set a lower one. */
  readonly bodyBytes: number
  /** From a request's start to the end of its body. */
  readonly bodyMs: number
  readonly leastRate: LeastRate
  /** Limits of the bodies of all requests in flight together. */
  readonly bodies: AllowanceLimits
  /** From here on garbage is collected before a large body is read; RSS, in bytes. */
  readonly tidyRssBytes: number
  /** Requests in flight, until their answers are sent. A tenant gets its share of them: shares.ts. */
  readonly inFlight: number
  /** Limit of all large answers that are being sent, in bytes. */
  readonly answerBytes: number
  /** From a request's start to its answer. */
  readonly requestMs: number
}

const MIB = 1024 * 1024
/** What the answer needs before the platform ends the request. */
const MARGIN_MS = 2_000

/**
 * Requests of an instance for each that the budget counts on. In the cloud the platform brings no more than that (Terraform sets the same
 * factor): one tenant alone can fill what the budget counts on, and there is a fifth of all slots left, in which others are answered.
 * Elsewhere nothing queues requests before an instance, so it takes more of them.
 */
const REQUESTS_PER_BUDGETED = { cloud: 1.25, elsewhere: 4 }

/** The limits of a deployment, by its row of the budget. */
export function limitsOf(
  { concurrency, memory_mib: memoryMib, timeout_s: timeoutS }: Deployment,
  inCloud: boolean,
): EdgeLimits {
  return {
    bodyBytes: 32 * MIB,
    bodyMs: 60_000,
    leastRate: { graceMs: 5_000, bytesPerS: 1024 },
    // A body of 32 MiB becomes some 200 while it is read, parsed and stored: 50 is what there is room for beside what rests.
    bodies: { sharedBytes: (memoryMib / 64) * MIB, shareBytes: 4 * MIB, freeBytes: 16 * 1024, waitMs: 10_000 },
    tidyRssBytes: memoryMib * 0.4 * MIB,
    inFlight: Math.ceil(concurrency * (inCloud ? REQUESTS_PER_BUDGETED.cloud : REQUESTS_PER_BUDGETED.elsewhere)),
    answerBytes: (memoryMib / 4) * MIB,
    requestMs: timeoutS * 1000 - MARGIN_MS,
    lingerMs: 5_000,
    lingerBytes: 64 * MIB,
    stalledMs: 60_000,
    slowMs: 200,
    sampled: 0.01,
  }
}
