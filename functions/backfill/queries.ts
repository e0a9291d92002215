// The statements on backfill jobs.
import type { Database, JobStatus } from '@penstock/shared/schema/index.ts'
import { type Selectable, sql, type Transaction, type Updateable } from 'kysely'

type Tx = Transaction<Database>
export type JobRow = Selectable<Database['backfill_job']>
export type JobChange = Updateable<Database['backfill_job']>

/** A job that nobody else changes, and the database's time. */
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

/** A new job, running at its start. Safe to repeat: the one with this id is there once. */
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

/** Newest first; jobs that were started in one microsecond, by id. */
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

/** The job, which nobody else changes until the transaction ends, and the database's time. Whoever locks a lease too locks it later. */
export async function lockJob(tx: Tx, { tenantId, jobId }: JobKey): Promise<LockedJob | undefined> {
  return await ofTenant(tx, tenantId)
    .select(sql<string>`clock_timestamp()`.as('now'))
    .where('id', '=', jobId)
    .forNoKeyUpdate()
    .executeTakeFirst()
}

/** A trigger counts the version, and refuses what is not legal. */
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
