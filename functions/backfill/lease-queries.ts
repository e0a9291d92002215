// What backfill asks the database of ranges and their leases. All times are the database's: instances need not agree on one.
import type { Database } from '@penstock/shared/schema/index.ts'
import { type Selectable, sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>
export type LeaseRow = Selectable<Database['backfill_lease']>

/** Of which job. */
interface JobKey {
  readonly tenantId: number
  readonly jobId: string
}

/** Who is to hold a range. */
export interface Holder {
  readonly leaseId: string
  readonly fencingToken: bigint
  readonly worker: string
  readonly leaseSeconds: number
}

/** What a worker shows for its range. */
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
    .where('state', '<>', 'done')
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
  const pause = sql`make_interval(secs => least(300, (1 << least(failures, 9)) - 1))`
  return await heldBy(tx, key, token)
    .set({
      state: 'returned',
      expires_at: hasFailed ? sql<string>`clock_timestamp() + ${pause}` : sql<string>`clock_timestamp()`,
      ...(hasFailed && { failures: sql<number>`failures + 1` }),
    })
    .returningAll()
    .executeTakeFirst()
}

/** How many blocks were handed out and are not done, and the first of them; null where there is none. */
export async function sumOpenBlocks(
  tx: Tx,
  { tenantId, jobId }: JobKey,
): Promise<{ readonly blocks: bigint; readonly first: bigint | null }> {
  const { rows } = await sql<{ blocks: string; first: string | null }>`
    select coalesce(sum(end_block::numeric - start_block + 1), 0) as blocks, min(start_block) as first
    from backfill_lease
    where tenant_id = ${tenantId}::int and job_id = ${jobId}::uuid and state <> 'done'`.execute(tx)
  const { blocks = '0', first = null } = rows[0] ?? {}
  return { blocks: BigInt(blocks), first: first === null ? null : BigInt(first) }
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
