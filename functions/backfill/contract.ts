// Requests and answers of backfill, for clients and for workers, and the problems that can occur.
import {
  changed,
  keyInUse,
  keyReused,
  notFound,
  type ProblemKind,
  quotaExceeded,
} from '@penstock/shared/base/problem.ts'
import { type Routes, readsOnly, text, timestamp, wholeNumber } from '@penstock/shared/base/wire.ts'
import { count, exactCount, listOf, onWire, uuid, wireInstant } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'

const MAX_BLOCK = 2n ** 63n - 1n
const MAX_MESSAGE = 2_000
const MAX_LEASE_SECONDS = 86_400
/** The first instant of the year 2200, in microseconds. */
const YEAR_2200 = 7_258_118_400_000_000

export const statuses = ['running', 'paused', 'completed', 'failed'] as const
export type Status = (typeof statuses)[number]

/** Schema of an exact block number: a 64-bit JSON number arrives as a number, or as a bigint when a number cannot hold it. */
const block = onWire(
  z.unknown().transform((value, context) => {
    const whole = typeof value === 'bigint' ? value : Number.isSafeInteger(value) ? BigInt(value as number) : undefined
    if (whole !== undefined && whole >= 0n && whole <= MAX_BLOCK) return whole
    const message = value === undefined ? 'is missing' : `must be a whole number from 0 to ${MAX_BLOCK}`
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  }),
  { type: 'integer', format: 'int64', minimum: 0 },
)

const status = z.enum(statuses, `must be one of ${statuses.join(', ')}`)
const plannedInstant = timestamp.refine((us) => us >= 0 && us < YEAR_2200, 'must be from 1970 to 2199')

export const StartRequest = z
  .object({
    job_type: text(50),
    start_block: block,
    end_block: block,
    created_by: text(100).nullish(),
  })
  .meta({ title: 'BackfillStart' })
export type StartRequest = z.output<typeof StartRequest>

const ProgressQuery = z.object({ job_id: z.guid('must be the id of a job') })

export const ProgressReport = z
  .object({
    current_block: block,
    progress_percentage: z.number().min(0, 'must be from 0 to 100').max(100, 'must be from 0 to 100'),
    estimated_completion: plannedInstant.nullish(),
    status: status.nullish(),
    error_message: text(MAX_MESSAGE, 0).nullish(),
  })
  .meta({ title: 'BackfillProgress' })
export type ProgressReport = z.output<typeof ProgressReport>

export const ListQuery = z.object({
  status: status.optional(),
  job_type: text(50).optional(),
  limit: wholeNumber(1, 100).default(10),
  offset: wholeNumber(0, 1_000_000).default(0),
})
export type ListQuery = z.output<typeof ListQuery>

export const ClaimRequest = z
  .object({
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
  .meta({ title: 'BackfillClaim' })
export type ClaimRequest = z.output<typeof ClaimRequest>

export const LeaseReport = z
  .object({ lease_id: z.guid('must be the id of a lease'), fencing_token: z.int().min(1) })
  .meta({ title: 'BackfillLeaseReport' })
export type LeaseReport = z.output<typeof LeaseReport>

/** A report that the worker failed. Without a message the range is only returned, which does not count as a failure. */
export const FailReport = LeaseReport.extend({ error_message: text(MAX_MESSAGE, 0).nullish() })
export type FailReport = z.output<typeof FailReport>

/** A job. Both ends of a range of blocks are inclusive. */
const Job = z
  .object({
    id: uuid,
    job_type: z.string(),
    start_block: exactCount,
    end_block: exactCount,
    current_block: exactCount.describe('Every block before this one is done.'),
    status: z.enum(statuses),
    progress_percentage: z.number().min(0).max(100),
    estimated_completion: wireInstant
      .nullable()
      .describe(
        'Estimated from the speed since the job was last set running, or as reported by its client; null when unknown.',
      ),
    error_message: z.string().nullable().describe('The message of the last failure of a job with workers.'),
    started_at: wireInstant,
    completed_at: wireInstant.nullable().describe('When the job reached a final state, `failed` included.'),
    created_by: z.string().nullable(),
    version: count.describe('Increases with every change; used as the ETag.'),
  })
  .meta({ title: 'BackfillJob' })
export type Job = z.output<typeof Job>

/** A range that one worker holds until `expires_at`, or longer with heartbeats. Both ends are inclusive. */
const Lease = z
  .object({
    lease_id: uuid,
    fencing_token: count.describe('Increases each time that a range of the job is leased.'),
    start_block: exactCount,
    end_block: exactCount,
    expires_at: wireInstant,
    failures: count.describe('Number of times that the range has failed, or its lease has expired without a report.'),
  })
  .meta({ title: 'BackfillLease' })
export type Lease = z.output<typeof Lease>

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

const jobs = '/api/v1/monitoring/backfill'
const ofJob = `${jobs}/{job_id}` as const

const writing = { method: 'POST', scope: 'backfill:write', reads: ['Idempotency-Key'] } as const
const keyed = [keyInUse, keyReused] as const
const leased = [notFound, finished, leaseLost, ...keyed] as const
const jobAnswer = [{ schema: Job, headers: ['ETag'] }] as const
const progressed = 'A report of progress: the job has the latest one.'
/** Only a change of the job's state is recorded. */
const ended = 'backfill_job.update'

/** The routes of this slice: the functions, the local gateway and `npm run deployments` (Terraform's table) read them. */
export const routes = {
  start: {
    ...writing,
    path: `${jobs}/start`,
    summary: 'Start a job over a range of blocks',
    body: StartRequest,
    exact: true,
    answer: jobAnswer,
    problems: [badRange, quotaExceeded, ...keyed],
    audit: 'backfill_job.create',
  },
  progress: {
    ...writing,
    path: `${jobs}/progress`,
    summary: 'Report the progress of a job that has no workers',
    query: ProgressQuery,
    body: ProgressReport,
    exact: true,
    reads: ['Idempotency-Key', 'If-Match'],
    answer: jobAnswer,
    problems: [notFound, outsideJob, backwards, finished, rangesLeft, changed, ...keyed],
    audit: ended,
  },
  list: {
    method: 'GET',
    path: `${jobs}/status`,
    scope: 'backfill:read',
    users: true,
    summary: 'List jobs, newest first',
    query: ListQuery,
    answer: listOf(Job),
    problems: [],
    audit: readsOnly,
  },
  job: {
    method: 'GET',
    path: ofJob,
    scope: 'backfill:read',
    users: true,
    summary: 'Read one job',
    answer: jobAnswer,
    problems: [notFound],
    audit: readsOnly,
  },
  claim: {
    ...writing,
    path: `${ofJob}/claim`,
    summary: 'Lease the next range of a job to a worker',
    body: ClaimRequest,
    answer: [{ schema: Lease }, { status: 204, when: 'No range is left to hand out.' }],
    problems: [notFound, finished, quotaExceeded, ...keyed],
    audit: { unaudited: 'A lease is one step of a job that was recorded.' },
  },
  heartbeat: {
    ...writing,
    path: `${ofJob}/heartbeat`,
    summary: 'Keep a lease',
    body: LeaseReport,
    answer: Lease,
    problems: leased,
    audit: { unaudited: progressed },
  },
  complete: {
    ...writing,
    path: `${ofJob}/complete`,
    summary: 'Report that a leased range is done',
    body: LeaseReport,
    answer: jobAnswer,
    problems: leased,
    audit: ended,
  },
  fail: {
    ...writing,
    path: `${ofJob}/fail`,
    summary: 'Report that a leased range failed, or give it back',
    body: FailReport,
    answer: jobAnswer,
    problems: leased,
    audit: ended,
  },
} as const satisfies Routes
