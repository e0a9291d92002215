// The limits of a function's front.

import type { Deployment } from '../database/connection-budget.ts'
import type { LogLimits } from './access-log.ts'
import type { AnswerLimits } from './answer.ts'
import type { AllowanceLimits } from './body-allowance.ts'
import type { LeastRate } from './least-rate.ts'

export interface EdgeLimits extends AnswerLimits, LogLimits {
  /** Maximum bytes of one body, both compressed and decompressed; a route may set a lower limit. */
  readonly bodyBytes: number
  /** Milliseconds from a request's start to the end of its body. */
  readonly bodyMs: number
  readonly leastRate: LeastRate
  /** Limits of the bodies of all requests in flight together. */
  readonly bodies: AllowanceLimits
  /** With at least this much resident memory (RSS), in bytes, garbage is collected before a large body is read. */
  readonly tidyRssBytes: number
  /** Maximum requests in flight, until their answers are sent. Each tenant has a share of them (see shares.ts). */
  readonly inFlight: number
  /** Maximum bytes of all large answers that are being sent. */
  readonly answerBytes: number
  /** Milliseconds from a request's start to its answer. */
  readonly requestMs: number
}

const MIB = 1024 * 1024
/** Milliseconds that the answer needs before the platform ends the request. */
const MARGIN_MS = 2_000

/**
 * Requests of an instance per request in the budget. In the cloud the platform sends no more than that (Terraform sets the same factor):
 * one tenant alone can use the budget's number, and a fifth of all slots remains for others. Outside the cloud nothing queues requests
 * before an instance, so it accepts more.
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
    // A body of 32 MiB takes about 200 while it is read, parsed and stored; in addition to the idle memory there is room for 50.
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
