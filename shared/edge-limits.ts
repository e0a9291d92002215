// The limits of a function's front.
import type { LogLimits } from './access-log.ts'
import type { AnswerLimits } from './answer.ts'
import type { AllowanceLimits } from './body-allowance.ts'
import { functionBudget } from './connection-budget.ts'

export interface EdgeLimits extends AnswerLimits, LogLimits {
  /** Of one body, as sent and as inflated. */
  readonly bodyBytes: number
  /** From a request's start to the end of its body. */
  readonly bodyMs: number
  /** Of the bodies of all requests in flight together. */
  readonly bodies: AllowanceLimits
  /** From here on garbage is collected before a large body is read; RSS, in bytes. */
  readonly tidyRssBytes: number
  /** Requests in flight; more are answered 503 at once. */
  readonly inFlight: number
  /** From a request's start to its answer. */
  readonly requestMs: number
}

const MIB = 1024 * 1024
/** What the answer needs before the platform ends the request. */
const MARGIN_MS = 2_000

/** What holds for a function in the budget. @throws {Error} when it has no row there. */
export function limitsOf(functionName: string): EdgeLimits {
  const { concurrency, memory_mib: memoryMib, timeout_s: timeoutS } = functionBudget(functionName)
  return {
    bodyBytes: 32 * MIB,
    bodyMs: 60_000,
    // A body of 32 MiB becomes some 200 while it is read, parsed and stored: 50 is what there is room for beside what rests.
    bodies: { sharedBytes: (memoryMib / 64) * MIB, shareBytes: 4 * MIB, freeBytes: 16 * 1024, waitMs: 10_000 },
    tidyRssBytes: memoryMib * 0.4 * MIB,
    inFlight: concurrency * 4,
    requestMs: timeoutS * 1000 - MARGIN_MS,
    lingerMs: 5_000,
    lingerBytes: 64 * MIB,
    stalledMs: 60_000,
    slowMs: 200,
    sampled: 0.01,
  }
}
