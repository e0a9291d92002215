// The runs of a job, and the call that holds the open one. All times are the database's.

import { sql, type Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'

export type Outcome = 'success' | 'partial' | 'failed'

/** The lease of an open run. A retry of a schedule time opens its row again, so the row alone does not identify the call. */
export interface RunLease {
  readonly id: string
  readonly startedAt: string
}

export interface RunOpening {
  readonly job: string
  readonly scheduleTime: string | undefined
  readonly callId: string
}

export type OpenResult =
  | { readonly kind: 'opened'; readonly lease: RunLease }
  | { readonly kind: 'succeeded'; readonly result: object }
  | { readonly kind: 'taken' }

/** Returns an id that no other call has. */
export async function drawCallId(tx: Transaction<Database>): Promise<string> {
  const { rows } = await sql<{ id: string }>`select gen_random_uuid()::text as id`.execute(tx)
  return rows[0]?.id ?? ''
}

/**
 * Opens a run of a job for `leaseMs`. Returns `taken` while another run may be alive, and `succeeded` when this schedule time already has
 * its success. An unsuccessful run of this schedule time is opened again. Safe to repeat by the same call, which finds the run that it
 * opened.
 *
 * A dead run is closed as failed. A run is dead when its lease has expired and its function has no open transaction from before that: such
 * a transaction may be a long step of the run, or work that the server still does for a killed function.
 * @throws unique_violation (23505) when another call was a moment earlier, which also means `taken`.
 */
export async function openRun(
  tx: Transaction<Database>,
  { job, scheduleTime, callId }: RunOpening,
  leaseMs: number,
): Promise<OpenResult> {
  await sql`
    update job_run set finished_at = clock_timestamp(), outcome = 'failed', result = null
    where job = ${job} and finished_at is null and lease_until < clock_timestamp()
      and not exists (
        select from pg_stat_activity
        where usename = session_user and datname = current_database()
          and (starts_with(application_name, split_part(current_setting('application_name'), '/', 1) || '/') or application_name like 'penstock %')
          and pid <> pg_backend_pid() and xact_start < lease_until
      )`.execute(tx)
  const { rows: present } = await sql<RunLease & { open: boolean; own: boolean; result: object | null }>`
    select id, started_at as "startedAt", finished_at is null as open, result,
      coalesce(result ->> 'opened_by' = ${callId}, false) as own
    from job_run
    where job = ${job}
      and (finished_at is null or (schedule_time = ${scheduleTime ?? null}::timestamptz and outcome = 'success'))
    order by finished_at is null limit 1`.execute(tx)
  const [found] = present
  if (found && !found.open) return { kind: 'succeeded', result: found.result ?? {} }
  if (found?.own) return { kind: 'opened', lease: { id: found.id, startedAt: found.startedAt } }
  if (found) return { kind: 'taken' }

  const { rows } = await sql<RunLease>`
    insert into job_run (job, schedule_time, lease_until, result)
    values (${job}, ${scheduleTime ?? null}::timestamptz, ${leaseEnd(leaseMs)}, jsonb_build_object('opened_by', ${callId}::text))
    on conflict (job, schedule_time) do update
      set started_at = clock_timestamp(), lease_until = excluded.lease_until,
        finished_at = null, outcome = null, result = excluded.result
      where job_run.outcome <> 'success'
    returning id, started_at as "startedAt"`.execute(tx)
  return rows[0] ? { kind: 'opened', lease: rows[0] } : { kind: 'taken' }
}

/** Extends the lease; returns false when it is lost because the run was closed. */
export async function extendLease(tx: Transaction<Database>, lease: RunLease, leaseMs: number): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update job_run set lease_until = ${leaseEnd(leaseMs)} where ${isOpen(lease)}`.execute(tx)
  return numAffectedRows === 1n
}

/** Closes the run; does nothing when the lease is lost. */
export async function finishRun(
  tx: Transaction<Database>,
  lease: RunLease,
  outcome: Outcome,
  result: object,
): Promise<void> {
  await sql`
    update job_run set finished_at = clock_timestamp(), outcome = ${outcome}, result = ${JSON.stringify(result)}::jsonb
    where ${isOpen(lease)}`.execute(tx)
}

export interface LastRunRow {
  readonly started_at: string
  readonly finished_at: string | null
  readonly outcome: Outcome | null
}

/** Returns the newest run of a job. */
export async function selectLastRun(tx: Transaction<Database>, job: string): Promise<LastRunRow | undefined> {
  return await tx
    .selectFrom('job_run')
    .select(['started_at', 'finished_at', 'outcome'])
    .where('job', '=', job)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** Returns the seconds since a run of the job last succeeded; before any success, since the first run began; 0 before any run. */
export async function secondsSinceSuccess(tx: Transaction<Database>, job: string): Promise<number> {
  const { rows } = await sql<{ seconds: number }>`
    select coalesce(extract(epoch from clock_timestamp() - coalesce(
      (select finished_at from job_run where job = ${job} and outcome = 'success' order by id desc limit 1),
      (select started_at from job_run where job = ${job} order by id limit 1)
    )), 0)::float8 as seconds`.execute(tx)
  return rows[0]?.seconds ?? 0
}

const leaseEnd = (leaseMs: number) => sql`clock_timestamp() + make_interval(secs => ${leaseMs / 1000}::float8)`

const isOpen = (lease: RunLease) =>
  sql`id = ${lease.id}::bigint and started_at = ${lease.startedAt}::timestamptz and finished_at is null`
