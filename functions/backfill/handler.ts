// The rules of jobs: start them, report on them, read them.

import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { changed, notFound, Problem } from '@penstock/shared/base/problem.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { answerOnce, type IdempotencyKey } from '@penstock/shared/jobs/idempotency.ts'
import { badRange, type Job, type ListQuery, type ProgressReport, type StartRequest } from './contract.ts'
import { toJob } from './job.ts'
import { sumOpenBlocks } from './lease-queries.ts'
import { judgeReport } from './progress.ts'
import { insertJob, lockJob, selectJob, selectJobs, updateJob } from './queries.ts'

export interface BackfillDeps {
  readonly db: PenstockDatabase
  /** Makes a new UUID. */
  readonly newId: () => string
}

/** The caller, and the key under which the answer is stored. */
export interface Writer {
  readonly caller: TenantPrincipal
  readonly idempotency: IdempotencyKey | null
}

/** A report on a job. */
export interface Reported {
  readonly jobId: string
  readonly report: ProgressReport
  /** Returns true when this is the job's version that the caller expects; always true for a caller without an expectation. */
  readonly isExpected: (version: number) => boolean
}

/**
 * Starts a job: it is `running` at its first block. Safe to repeat with an idempotency key; without one, a repeated start makes another
 * job.
 * @throws {Problem} 400 for an end before the start; 409 or 422 for an idempotency key.
 */
export async function start(deps: BackfillDeps, writer: Writer, request: StartRequest): Promise<Job> {
  if (request.end_block < request.start_block)
    throw new Problem(badRange, 'end_block must be greater than or equal to start_block')
  const tenantId = writer.caller.tenant.id
  const job = {
    tenantId,
    // The id is made before the unit of work, which may run twice.
    id: deps.newId(),
    jobType: request.job_type,
    startBlock: request.start_block,
    endBlock: request.end_block,
    createdBy: request.created_by ?? null,
  }
  const row = await deps.db.write(tenantId, (tx) =>
    answerOnce(tx, tenantId, writer.idempotency, async () => await insertJob(tx, job)),
  )
  return toJob(row)
}

/**
 * Applies a client's report to a job. Safe to repeat, except with `isExpected`: the first success makes another version.
 * @throws {Problem} 404; 412 when the job has an unexpected version; 400 and 409 like `judgeReport`; 409 or 422 for an idempotency key.
 */
export async function progress(
  deps: BackfillDeps,
  { caller, idempotency }: Writer,
  { jobId, report, isExpected }: Reported,
): Promise<Job> {
  const key = { tenantId: caller.tenant.id, jobId }
  const row = await deps.db.write(key.tenantId, (tx) =>
    answerOnce(tx, key.tenantId, idempotency, async () => {
      const job = found(jobId, await lockJob(tx, key))
      if (!isExpected(job.version))
        throw new Problem(changed, `The job is at version ${job.version} now. Read it again before you change it.`)
      const open = job.next_block === null ? NONE : await sumOpenBlocks(tx, key)
      const change = judgeReport(job, report, open)
      return change ? await updateJob(tx, key, change) : job
    }),
  )
  return toJob(row)
}

/** Used for a job whose client reports its progress, without workers. */
const NONE = { blocks: 0n, failed: 0n, first: null } as const

/** Returns a page of the tenant's jobs, newest first. */
export async function list({ db }: BackfillDeps, { tenant }: TenantPrincipal, query: ListQuery): Promise<Job[]> {
  const page = { status: query.status, jobType: query.job_type, limit: query.limit, offset: query.offset }
  const rows = await db.read(tenant.id, (tx) => selectJobs(tx, tenant.id, page))
  return rows.map(toJob)
}

/** Returns a job. @throws {Problem} 404 when there is no such job of this tenant. */
export async function job({ db }: BackfillDeps, { tenant }: TenantPrincipal, jobId: string): Promise<Job> {
  const row = await db.read(tenant.id, (tx) => selectJob(tx, { tenantId: tenant.id, jobId }))
  return toJob(found(jobId, row))
}

/** Returns the row. @throws {Problem} 404 when it is undefined, because this tenant has no such job. */
export function found<T>(jobId: string, row: T | undefined): T {
  if (row === undefined) throw new Problem(notFound, `Backfill job ${jobId} not found`)
  return row
}
