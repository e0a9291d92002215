// What backfill asks the database of ranges and their leases. All times are the database's: instances need not agree on one.
import type { Database } from '@penstock/shared/schema/index.ts'
import { type Selectable, sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>
export type LeaseRow = Selectable<Database['backfill_lease']>

interface JobKey {
  readonly tenantId: number
  readonly jobId: string
}

/** The worker that asks for a range. */
export interface Holder {
  readonly leaseId: string
  readonly fencingToken: bigint
  readonly worker: string
  readonly leaseSeconds: number
}

/** The proof of a worker that it holds its range. */
export interface Token {
  readonly leaseId: string
  readonly fencingToken: number
}

export async function selectLease(tx: Tx, key: JobKey, leaseId: string): Promise<LeaseRow | undefined> {
  return await leasesOf(tx, key).where('lease_id', '=', leaseId).executeTakeFirst()
}

/** The first range that may be handed out again. One whose holder is reporting at this moment is passed over. */
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

/** Hands out blocks that nobody had. */
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

/** Hands a range out again, up to `end`; the rest of it stays returned. The caller has locked it. */
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

/** Lets a lease live as long again as it was given for; undefined unless the worker holds it and the job goes on. */
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
 * Notes that a lease expired without a report. The range may be handed out again after a pause that grows with each loss; after
 * `most` losses it has failed, and is not handed out any more. The caller has locked it.
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

/** Before a range is handed out again that was failed, or lost, so often before: none the first time, then 1, 3, 7 … 300 seconds. */
const pauseAfter = (column: 'failures' | 'losses') =>
  sql`make_interval(secs => least(300, (1 << least(${sql.ref(column)}, 9)) - 1))`

/** The first ranges that have failed. */
export async function selectFailed(tx: Tx, key: JobKey, limit: number): Promise<LeaseRow[]> {
  return await leasesOf(tx, key).where('state', '=', 'failed').orderBy('start_block').limit(limit).execute()
}

/** Undefined unless the worker holds the range. */
export async function markDone(tx: Tx, key: JobKey, token: Token): Promise<LeaseRow | undefined> {
  return await heldBy(tx, key, token).set({ state: 'done' }).returningAll().executeTakeFirst()
}

/**
 * Takes a range back. Of one that failed, a first time it may be handed out at once, then after 1, 3, 7 … 300 seconds. Undefined unless
 * the worker holds it.
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

/** How many blocks were handed out and are not done, how many of these have failed, and the first of them; null where there is none. */
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
