// The statements on backfill jobs.
import type { Database, JobStatus } from '@penstock/shared/schema/index.ts'
import { type Selectable, sql, type Transaction, type Updateable } from 'kysely'

type Tx = Transaction<Database>
export type JobRow = Selectable<Database['backfill_job']>
export type JobChange = Updateable<Database['backfill_job']>

/** A job that is locked against other changes, and the database's time. */
export type LockedJob = JobRow & { readonly now: string }

export interface JobKey {
  readonly tenantId: number
  readonly jobId: string
}

export interface NewJob {
  readonly tenantId: number
  readonly id: string
  readonly jobType: string
  readonly startBlock: bigint
  readonly endBlock: bigint
  readonly createdBy: string | null
}

/** Inserts a job that is running at its first block. Safe to repeat: an existing job with this id is returned. */
export async function insertJob(tx: Tx, job: NewJob): Promise<JobRow> {
  const inserted = await tx
    .insertInto('backfill_job')
    .values({
      tenant_id: job.tenantId,
      id: job.id,
      job_type: job.jobType,
      start_block: String(job.startBlock),
      end_block: String(job.endBlock),
      current_block: String(job.startBlock),
      created_by: job.createdBy,
    })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'id']).doNothing())
    .returningAll()
    .executeTakeFirst()
  return inserted ?? (await ofTenant(tx, job.tenantId).where('id', '=', job.id).executeTakeFirstOrThrow())
}

export async function selectJob(tx: Tx, { tenantId, jobId }: JobKey): Promise<JobRow | undefined> {
  return await ofTenant(tx, tenantId).where('id', '=', jobId).executeTakeFirst()
}

/** Selects jobs, newest first; those that were started in the same microsecond are ordered by id. */
export async function selectJobs(
  tx: Tx,
  tenantId: number,
  page: {
    readonly status: JobStatus | undefined
    readonly jobType: string | undefined
    readonly limit: number
    readonly offset: number
  },
): Promise<JobRow[]> {
  const { status, jobType, limit, offset } = page
  return await ofTenant(tx, tenantId)
    .$if(status !== undefined, (query) => query.where('status', '=', status as JobStatus))
    .$if(jobType !== undefined, (query) => query.where('job_type', '=', jobType as string))
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .offset(offset)
    .execute()
}

/**
 * Locks the job against other changes until the transaction ends, and returns it with the database's time. A transaction that also locks
 * a lease must lock it after the job.
 */
export async function lockJob(tx: Tx, { tenantId, jobId }: JobKey): Promise<LockedJob | undefined> {
  return await ofTenant(tx, tenantId)
    .select(sql<string>`clock_timestamp()`.as('now'))
    .where('id', '=', jobId)
    .forNoKeyUpdate()
    .executeTakeFirst()
}

/** Changes a job. A trigger increments the version and refuses illegal changes. */
export async function updateJob(tx: Tx, { tenantId, jobId }: JobKey, change: JobChange): Promise<JobRow> {
  return await tx
    .updateTable('backfill_job')
    .set(change)
    .where('tenant_id', '=', tenantId)
    .where('id', '=', jobId)
    .returningAll()
    .executeTakeFirstOrThrow()
}

const ofTenant = (tx: Tx, tenantId: number) =>
  tx.selectFrom('backfill_job').selectAll().where('tenant_id', '=', tenantId)
