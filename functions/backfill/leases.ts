// The rules of workers: ranges are leased, held, completed or returned.
//
// A transaction that changes a job and a lease locks the job first, so that two of them cannot deadlock.

import { Problem } from '@penstock/shared/base/problem.ts'
import { answerOnce } from '@penstock/shared/jobs/idempotency.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import {
  type ClaimRequest,
  type FailReport,
  finished,
  type Job,
  type Lease,
  type LeaseReport,
  leaseLost,
} from './contract.ts'
import { type BackfillDeps, found, type Writer } from './handler.ts'
import { toJob, toLease } from './job.ts'
import {
  extendLease,
  type Holder,
  insertLease,
  type LeaseRow,
  leaseAgain,
  lockReturnedRange,
  markDone,
  returnRange,
  selectLease,
} from './lease-queries.ts'
import { giveUp, lastWord } from './lost-leases.ts'
import { isFinal } from './progress.ts'
import { type JobKey, type JobRow, type LockedJob, lockJob, selectJob, updateJob } from './queries.ts'

type Tx = Transaction<Database>

/**
 * Leases a range to a worker: a returned one first, otherwise the next new blocks. Returns undefined when all blocks are done or leased,
 * and when the job is not running. Safe to repeat with an idempotency key; without one, a range whose answer was lost is returned when its
 * lease expires.
 * @throws {Problem} 404; 409 or 422 for an idempotency key.
 */
export async function claim(
  deps: BackfillDeps,
  writer: Writer,
  jobId: string,
  request: ClaimRequest,
): Promise<Lease | undefined> {
  // The id is made before the unit of work, which may run twice.
  const leaseId = deps.newId()
  const { lease } = await once(deps, writer, jobId, async (tx, key) => {
    const job = found(jobId, await lockJob(tx, key))
    const claimed = await selectLease(tx, key, leaseId)
    if (claimed) return { lease: claimed }
    if (job.status !== 'running') return { lease: null }
    const holder = {
      leaseId,
      fencingToken: BigInt(job.fencing_token) + 1n,
      worker: request.worker,
      leaseSeconds: request.lease_seconds,
    }
    return { lease: await handOut(tx, job, BigInt(request.size), holder) }
  })
  return lease === null ? undefined : toLease(lease)
}

async function handOut(tx: Tx, job: LockedJob, size: bigint, holder: Holder): Promise<LeaseRow | null> {
  const key = { tenantId: job.tenant_id, jobId: job.id }
  const fencing_token = String(holder.fencingToken)
  const { returned, isOver } = await giveUp(tx, job, async () => await lockReturnedRange(tx, key))
  if (isOver) return null
  if (returned) {
    await updateJob(tx, key, { fencing_token })
    return await leaseAgain(tx, returned, lastOf(returned.start_block, returned.end_block, size), holder)
  }
  const start = job.next_block ?? job.current_block
  if (BigInt(start) > BigInt(job.end_block)) return null
  const end = lastOf(start, job.end_block, size)
  await updateJob(tx, key, { fencing_token, next_block: String(end + 1n) })
  return await insertLease(tx, key, { start: BigInt(start), end }, holder)
}

function lastOf(start: string, end: string, size: bigint): bigint {
  const last = BigInt(start) + size - 1n
  return last < BigInt(end) ? last : BigInt(end)
}

/**
 * Extends a lease by its full duration, even one that has expired, as long as no other worker has the range. Safe to repeat.
 * @throws {Problem} 404; 409 when the worker no longer holds the range, or the job has ended.
 */
export async function heartbeat(
  deps: BackfillDeps,
  writer: Writer,
  jobId: string,
  report: LeaseReport,
): Promise<Lease> {
  const row = await once(deps, writer, jobId, async (tx, key) => {
    const extended = await extendLease(tx, key, tokenOf(report))
    if (extended) return extended
    refuseFinished(found(jobId, await selectJob(tx, key)))
    throw lost()
  })
  return toLease(row)
}

/**
 * Marks the blocks of a range as done; with the last range the job is completed. Safe to repeat.
 * @throws {Problem} 404; 409 when the worker no longer holds the range, or the job has ended in another way.
 */
export async function complete(deps: BackfillDeps, writer: Writer, jobId: string, report: LeaseReport): Promise<Job> {
  const row = await once(deps, writer, jobId, async (tx, key) => {
    const job = found(jobId, await lockJob(tx, key))
    const isHeld = !isFinal(job.status) && (await markDone(tx, key, tokenOf(report)))
    if (!isHeld) return await repeatedOrRefused(tx, job, report, 'done')
    return await updateJob(tx, key, await lastWord(tx, job))
  })
  return toJob(row)
}

/**
 * Returns a failed range: it can be leased again at once, after repeated failures with increasing delays. The job stores the message.
 * Safe to repeat.
 * @throws {Problem} 404; 409 when the worker no longer holds the range, or the job has ended.
 */
export async function fail(deps: BackfillDeps, writer: Writer, jobId: string, report: FailReport): Promise<Job> {
  const { error_message: message } = report
  const row = await once(deps, writer, jobId, async (tx, key) => {
    const job = found(jobId, await lockJob(tx, key))
    const hasFailed = message !== null && message !== undefined
    const range = isFinal(job.status) ? undefined : await returnRange(tx, key, tokenOf(report), hasFailed)
    if (!range) return await repeatedOrRefused(tx, job, report, 'returned')
    if (!hasFailed) return job
    return await updateJob(tx, key, { error_message: `Blocks ${range.start_block} to ${range.end_block}: ${message}` })
  })
  return toJob(row)
}

async function once<Answer extends object>(
  { db }: BackfillDeps,
  { caller, idempotency }: Writer,
  jobId: string,
  work: (tx: Tx, key: JobKey) => Promise<Answer>,
): Promise<Answer> {
  const tenantId = caller.tenant.id
  return await db.write(tenantId, (tx) =>
    answerOnce(tx, tenantId, idempotency, async () => await work(tx, { tenantId, jobId })),
  )
}

/** Returns the first answer again for a repeated report, and refuses a worker that does not hold the range. */
async function repeatedOrRefused(
  tx: Tx,
  job: JobRow,
  { lease_id, fencing_token }: LeaseReport,
  state: LeaseRow['state'],
): Promise<JobRow> {
  const lease = await selectLease(tx, { tenantId: job.tenant_id, jobId: job.id }, lease_id)
  if (lease?.state === state && Number(lease.fencing_token) === fencing_token) return job
  refuseFinished(job)
  throw lost()
}

const tokenOf = ({ lease_id, fencing_token }: LeaseReport) => ({ leaseId: lease_id, fencingToken: fencing_token })

function refuseFinished({ status }: JobRow): void {
  if (isFinal(status)) throw new Problem(finished, `The job has already ended (${status}).`)
}

const lost = (): Problem =>
  new Problem(leaseLost, 'The lease has expired and its range may have been reassigned. Stop working on it.')
