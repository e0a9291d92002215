// The statements on ranges and their leases. All times are the database's, so instances need no common clock.
import type { Database } from '@penstock/shared/schema/index.ts'
import { type Selectable, sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>
export type LeaseRow = Selectable<Database['backfill_lease']>

interface JobKey {
  readonly tenantId: number
  readonly jobId: string
}

/** The worker that claims a range. */
export interface Holder {
  readonly leaseId: string
  readonly fencingToken: bigint
  readonly worker: string
  readonly leaseSeconds: number
}

/** A worker's proof that it holds its range. */
export interface Token {
  readonly leaseId: string
  readonly fencingToken: number
}

export async function selectLease(tx: Tx, key: JobKey, leaseId: string): Promise<LeaseRow | undefined> {
  return await leasesOf(tx, key).where('lease_id', '=', leaseId).executeTakeFirst()
}

/** Locks the first range that may be leased again. A range whose holder is reporting at this moment is skipped. */
export async function lockReturnedRange(tx: Tx, key: JobKey): Promise<LeaseRow | undefined> {
  return await leasesOf(tx, key)
    .where('state', 'in', ['leased', 'returned'])
    .where('expires_at', '<=', sql<string>`clock_timestamp()`)
    .orderBy('start_block')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
}

/** Leases blocks that were never leased before. */
export async function insertLease(
  tx: Tx,
  { tenantId, jobId }: JobKey,
  range: { readonly start: bigint; readonly end: bigint },
  holder: Holder,
): Promise<LeaseRow> {
  return await tx
    .insertInto('backfill_lease')
    .values({
      tenant_id: tenantId,
      job_id: jobId,
      start_block: String(range.start),
      end_block: String(range.end),
      ...held(holder),
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Leases a range again, up to `end`; the rest of it remains returned. The caller must have locked it. */
export async function leaseAgain(tx: Tx, range: LeaseRow, end: bigint, holder: Holder): Promise<LeaseRow> {
  if (end < BigInt(range.end_block)) await insertRest(tx, range, end + 1n)
  return await tx
    .updateTable('backfill_lease')
    .set({ end_block: String(end), ...held(holder) })
    .where('tenant_id', '=', range.tenant_id)
    .where('job_id', '=', range.job_id)
    .where('start_block', '=', range.start_block)
    .returningAll()
    .executeTakeFirstOrThrow()
}

async function insertRest(tx: Tx, range: LeaseRow, start: bigint): Promise<void> {
  await tx
    .insertInto('backfill_lease')
    .values({ ...range, start_block: String(start), state: 'returned', lease_id: null })
    .execute()
}

const held = ({ leaseId, fencingToken, worker, leaseSeconds }: Holder) => ({
  state: 'leased' as const,
  lease_id: leaseId,
  fencing_token: String(fencingToken),
  worker,
  lease_seconds: leaseSeconds,
  expires_at: sql<string>`clock_timestamp() + make_interval(secs => ${leaseSeconds}::int)`,
})

/** Extends a lease by its full duration. Returns undefined unless the worker holds it and the job is still running. */
export async function extendLease(tx: Tx, key: JobKey, token: Token): Promise<LeaseRow | undefined> {
  return await heldBy(tx, key, token)
    .set({ expires_at: sql<string>`clock_timestamp() + make_interval(secs => lease_seconds)` })
    .where((where) =>
      where.exists(
        where
          .selectFrom('backfill_job')
          .select('id')
          .where('tenant_id', '=', key.tenantId)
          .where('id', '=', key.jobId)
          .where('status', 'in', ['running', 'paused']),
      ),
    )
    .returningAll()
    .executeTakeFirst()
}

/**
 * Records that a lease expired without a report. The range may be leased again after a pause that grows with each loss; after `most`
 * losses it has failed and is not leased any more. The caller must have locked it.
 */
export async function markLost(tx: Tx, range: LeaseRow, most: number): Promise<LeaseRow> {
  const hasFailed = range.losses + 1 >= most
  return await tx
    .updateTable('backfill_lease')
    .set({
      state: hasFailed ? 'failed' : 'returned',
      losses: range.losses + 1,
      expires_at: sql<string>`clock_timestamp() + ${pauseAfter('losses')}`,
    })
    .where('tenant_id', '=', range.tenant_id)
    .where('job_id', '=', range.job_id)
    .where('start_block', '=', range.start_block)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** The pause before a range is leased again, by its number of failures or losses: none the first time, then 1, 3, 7 … 300 seconds. */
const pauseAfter = (column: 'failures' | 'losses') =>
  sql`make_interval(secs => least(300, (1 << least(${sql.ref(column)}, 9)) - 1))`

/** Returns the first `limit` failed ranges. */
export async function selectFailed(tx: Tx, key: JobKey, limit: number): Promise<LeaseRow[]> {
  return await leasesOf(tx, key).where('state', '=', 'failed').orderBy('start_block').limit(limit).execute()
}

/** Marks a range as done. Returns undefined unless the worker holds it. */
export async function markDone(tx: Tx, key: JobKey, token: Token): Promise<LeaseRow | undefined> {
  return await heldBy(tx, key, token).set({ state: 'done' }).returningAll().executeTakeFirst()
}

/**
 * Returns a range to the job. After the first failure it may be leased at once, later after 1, 3, 7 … 300 seconds. Returns undefined
 * unless the worker holds it.
 */
export async function returnRange(
  tx: Tx,
  key: JobKey,
  token: Token,
  hasFailed: boolean,
): Promise<LeaseRow | undefined> {
  return await heldBy(tx, key, token)
    .set({
      state: 'returned',
      expires_at: hasFailed
        ? sql<string>`clock_timestamp() + ${pauseAfter('failures')}`
        : sql<string>`clock_timestamp()`,
      ...(hasFailed && { failures: sql<number>`failures + 1` }),
    })
    .returningAll()
    .executeTakeFirst()
}

/**
 * Returns the number of leased blocks that are not done, the number of failed ones among them, and the first block of them; null when
 * there is none.
 */
export async function sumOpenBlocks(
  tx: Tx,
  { tenantId, jobId }: JobKey,
): Promise<{ readonly blocks: bigint; readonly failed: bigint; readonly first: bigint | null }> {
  const { rows } = await sql<{ blocks: string; failed: string; first: string | null }>`
    select coalesce(sum(end_block::numeric - start_block + 1), 0) as blocks, min(start_block) as first,
      coalesce(sum(end_block::numeric - start_block + 1) filter (where state = 'failed'), 0) as failed
    from backfill_lease
    where tenant_id = ${tenantId}::int and job_id = ${jobId}::uuid and state <> 'done'`.execute(tx)
  const { blocks = '0', failed = '0', first = null } = rows[0] ?? {}
  return { blocks: BigInt(blocks), failed: BigInt(failed), first: first === null ? null : BigInt(first) }
}

const leasesOf = (tx: Tx, { tenantId, jobId }: JobKey) =>
  tx.selectFrom('backfill_lease').selectAll().where('tenant_id', '=', tenantId).where('job_id', '=', jobId)

const heldBy = (tx: Tx, { tenantId, jobId }: JobKey, { leaseId, fencingToken }: Token) =>
  tx
    .updateTable('backfill_lease')
    .where('tenant_id', '=', tenantId)
    .where('job_id', '=', jobId)
    .where('lease_id', '=', leaseId)
    .where('fencing_token', '=', String(fencingToken))
    .where('state', '=', 'leased')
