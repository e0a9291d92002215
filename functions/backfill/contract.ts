// Requests and answers of backfill, for clients and for workers, and the problems that can occur.
import type { ProblemKind } from '@penstock/shared/base/problem.ts'
import { type Routes, text, timestamp, wholeNumber } from '@penstock/shared/base/wire.ts'
import { z } from 'zod'

const MAX_BLOCK = 2n ** 63n - 1n
const MAX_MESSAGE = 2_000
const MAX_LEASE_SECONDS = 86_400
/** The first instant of the year 2200, in microseconds. */
const YEAR_2200 = 7_258_118_400_000_000

export const statuses = ['running', 'paused', 'completed', 'failed'] as const
export type Status = (typeof statuses)[number]

/** Schema of an exact block number: a 64-bit JSON number arrives as a number, or as a bigint when a number cannot hold it. */
const block = z.unknown().transform((value, context) => {
  const whole = typeof value === 'bigint' ? value : Number.isSafeInteger(value) ? BigInt(value as number) : undefined
  if (whole !== undefined && whole >= 0n && whole <= MAX_BLOCK) return whole
  const message = value === undefined ? 'is missing' : `must be a whole number from 0 to ${MAX_BLOCK}`
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

const status = z.enum(statuses, `must be one of ${statuses.join(', ')}`)
const instant = timestamp.refine((us) => us >= 0 && us < YEAR_2200, 'must be from 1970 to 2199')

export const StartRequest = z.object({
  job_type: text(50),
  start_block: block,
  end_block: block,
  created_by: text(100).nullish(),
})
export type StartRequest = z.output<typeof StartRequest>

const ProgressQuery = z.object({ job_id: z.guid('must be the id of a job') })

export const ProgressReport = z.object({
  current_block: block,
  progress_percentage: z.number().min(0, 'must be from 0 to 100').max(100, 'must be from 0 to 100'),
  estimated_completion: instant.nullish(),
  status: status.nullish(),
  error_message: text(MAX_MESSAGE, 0).nullish(),
})
export type ProgressReport = z.output<typeof ProgressReport>

export const ListQuery = z.object({
  status: status.optional(),
  job_type: text(50).optional(),
  limit: wholeNumber(1, 100).default(10),
  offset: wholeNumber(0, 1_000_000).default(0),
})
export type ListQuery = z.output<typeof ListQuery>

export const ClaimRequest = z.object({
  worker: text(100),
  /** Maximum number of blocks in the range. */
  size: z
    .int()
    .min(1)
    .nullish()
    .transform((size) => size ?? 1_000),
  lease_seconds: z
    .int()
    .min(1)
    .max(MAX_LEASE_SECONDS)
    .nullish()
    .transform((seconds) => seconds ?? 60),
})
export type ClaimRequest = z.output<typeof ClaimRequest>

export const LeaseReport = z.object({ lease_id: z.guid('must be the id of a lease'), fencing_token: z.int().min(1) })
export type LeaseReport = z.output<typeof LeaseReport>

/** Without a message the range is returned, which does not count as a failure. */
export const FailReport = LeaseReport.extend({ error_message: text(MAX_MESSAGE, 0).nullish() })
export type FailReport = z.output<typeof FailReport>

const jobs = '/api/v1/monitoring/backfill'
const ofJob = `${jobs}/{job_id}` as const

/** The routes of this slice: the functions, the local gateway and `npm run routes` (Terraform's table) read them. */
export const routes = {
  start: { method: 'POST', path: `${jobs}/start`, scope: 'backfill:write', body: StartRequest, exact: true },
  progress: {
    method: 'POST',
    path: `${jobs}/progress`,
    scope: 'backfill:write',
    query: ProgressQuery,
    body: ProgressReport,
    exact: true,
  },
  list: { method: 'GET', path: `${jobs}/status`, scope: 'backfill:read', query: ListQuery },
  job: { method: 'GET', path: ofJob, scope: 'backfill:read' },
  claim: { method: 'POST', path: `${ofJob}/claim`, scope: 'backfill:write', body: ClaimRequest },
  heartbeat: { method: 'POST', path: `${ofJob}/heartbeat`, scope: 'backfill:write', body: LeaseReport },
  complete: { method: 'POST', path: `${ofJob}/complete`, scope: 'backfill:write', body: LeaseReport },
  fail: { method: 'POST', path: `${ofJob}/fail`, scope: 'backfill:write', body: FailReport },
} as const satisfies Routes

/** A job. Times are RFC 3339 in UTC with microseconds; blocks are exact JSON numbers, and both ends are inclusive. */
export interface Job {
  readonly id: string
  readonly job_type: string
  readonly start_block: bigint
  readonly end_block: bigint
  /** Every block before this one is done. */
  readonly current_block: bigint
  readonly status: Status
  readonly progress_percentage: number
  /** Estimated from the speed since the job was last set running, or as reported by its client; null when unknown. */
  readonly estimated_completion: string | null
  /** The message of the last failure of a job with workers. */
  readonly error_message: string | null
  readonly started_at: string
  /** When the job reached a final state, `failed` included. */
  readonly completed_at: string | null
  readonly created_by: string | null
  /** Increases with every change; used as the ETag. */
  readonly version: number
}

/** A range that one worker holds until `expires_at`, or longer with heartbeats. Both ends are inclusive. */
export interface Lease {
  readonly lease_id: string
  /** Increases each time that a range of the job is leased. */
  readonly fencing_token: number
  readonly start_block: bigint
  readonly end_block: bigint
  readonly expires_at: string
  /** Number of times that the range has failed, or its lease has expired without a report. */
  readonly failures: number
}

export const badRange: ProblemKind = { slug: 'bad-range', status: 400, title: 'The block range is not valid' }
export const outsideJob: ProblemKind = { slug: 'outside-job', status: 400, title: 'The block lies outside the job' }
export const backwards: ProblemKind = { slug: 'backwards', status: 409, title: 'Progress cannot move backwards' }
export const finished: ProblemKind = { slug: 'finished', status: 409, title: 'The job has already ended' }
export const rangesLeft: ProblemKind = {
  slug: 'ranges-left',
  status: 409,
  title: 'The job has unfinished blocks',
}
export const leaseLost: ProblemKind = {
  slug: 'lease-lost',
  status: 409,
  title: 'The range is not leased to this worker',
}
export const changed: ProblemKind = { slug: 'changed', status: 412, title: 'The job has changed since it was read' }
