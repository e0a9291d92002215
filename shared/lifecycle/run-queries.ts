// The record of runs over a tenant's month, and of the content that is about to become the month's object.

import { type RawBuilder, sql, type Transaction } from 'kysely'
import { addMonths, type Micros, monthStart } from '../base/time.ts'
import type { Gate } from '../compaction/queries.ts'
import { literalInstant } from '../points/stored-rows.ts'
import type { Database } from '../schema/index.ts'

type Tx = Transaction<Database>

/** A tenant's UTC month, by its first day. */
export interface TenantMonth {
  readonly tenantId: number
  readonly month: string
}

/** A run that is recorded: compaction leaves its month alone, and nobody changes its chunks nor its log rows below the gate. */
export interface RecordedRun extends TenantMonth {
  /** A UUID. */
  readonly run: string
  readonly gate: Gate
}

export type RunKind = 'archive' | 'bring back'

/** The gate as this transaction sees it, read once in a statement that comes after the lock; and whether the month has expired. */
export async function selectGate(
  tx: Tx,
  { tenantId, month }: TenantMonth,
): Promise<{ readonly gate: Gate; readonly isExpired: boolean }> {
  const { rows } = await sql<{ era: number; xid: string; is_expired: boolean }>`
    select s.era, pg_snapshot_xmin(pg_current_snapshot())::text as xid,
      exists (select from metric_expiry where tenant_id = ${tenantId}::int and before > ${firstOf(month)}) as is_expired
    from store_state s`.execute(tx)
  const row = rows[0]
  if (!row) throw new Error('store_state has no row')
  return { gate: { era: row.era, xid: row.xid }, isExpired: row.is_expired }
}

/** The place of the first row of a month's log below the gate that has at least so many points before it; undefined when there is none. */
export async function selectLowerGate(
  tx: Tx,
  { tenantId, month }: TenantMonth,
  gate: Gate,
  points: number,
): Promise<Gate | undefined> {
  const { rows } = await sql<{ era: number; xid: string }>`
    select era, xid::text as xid from (
      select era, xid, sum(n) over (order by era, xid range between unbounded preceding and current row exclude group) as before
      from metric_log where tenant_id = ${tenantId}::int and ${endsInMonth(month)} and ${below(gate)}
    ) places
    where before >= ${points}::bigint order by era, xid limit 1`.execute(tx)
  return rows[0]
}

/** Records a run in place of one that broke, whose id is returned with it. Under the tenant's lock. */
export async function insertRun(
  tx: Tx,
  { tenantId, month }: TenantMonth,
  kind: RunKind,
  gate: Gate,
): Promise<{ readonly run: string; readonly broken: string | null }> {
  const { rows } = await sql<{ run: string; broken: string | null }>`
    with broken as materialized (
      select run from archiving where tenant_id = ${tenantId}::int and month = ${month}::date
    )
    insert into archiving (tenant_id, month, kind, era, xid)
    values (${tenantId}::int, ${month}::date, ${kind}, ${gate.era}::smallint, ${gate.xid}::xid8)
    on conflict (tenant_id, month) do update
      set run = gen_random_uuid(), kind = excluded.kind, era = excluded.era, xid = excluded.xid, started_at = excluded.started_at
    returning run, (select run from broken) as broken`.execute(tx)
  const row = rows[0]
  if (!row) throw new Error(`no run of ${month} was recorded`)
  return row
}

/** Returns true when the run is still recorded; under the tenant's lock it stays so until the end of the transaction. */
export async function isRecorded(tx: Tx, { tenantId, month, run }: RecordedRun): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select exists (
      select from archiving a join store_state s on s.era = a.era
      where tenant_id = ${tenantId}::int and month = ${month}::date and run = ${run}::uuid
    ) as found`.execute(tx)
  return rows[0]?.found ?? false
}

/** Forgets the run, which then ends without effect. Without `run`: whatever is recorded for the month. Returns the ids of those forgotten. */
export async function deleteRun(
  tx: Tx,
  { tenantId, month }: TenantMonth,
  run: string | undefined,
): Promise<readonly string[]> {
  const { rows } = await sql<{ run: string }>`
    delete from archiving
    where tenant_id = ${tenantId}::int and month = ${month}::date and (${run ?? null}::uuid is null or run = ${run ?? null}::uuid)
    returning run`.execute(tx)
  return rows.map((row) => row.run)
}

/** Forgets every run over the tenant's months. Returns their ids. Under the tenant's lock. */
export async function deleteRuns(tx: Tx, tenantId: number): Promise<readonly string[]> {
  const { rows } = await sql<{ run: string }>`
    delete from archiving where tenant_id = ${tenantId}::int returning run`.execute(tx)
  return rows.map(({ run }) => run)
}

/** Returns the recorded runs of every tenant. To the holder of the job's lease, they are failed runs. */
export async function selectRuns(tx: Tx): Promise<readonly (TenantMonth & { readonly run: string })[]> {
  const { rows } = await sql<TenantMonth & { run: string }>`
    select tenant_id as "tenantId", month::text as month, run from archiving order by tenant_id, month`.execute(tx)
  return rows
}

/** The content that is about to become a month's object. Times are microseconds since 1970; the hash is hexadecimal. */
export interface NextObject {
  /** The run that uploaded it. */
  readonly run: string
  /** The generation that it replaces; `0` when there is none. */
  readonly over: string
  readonly rows: number
  readonly minAt: Micros
  readonly maxAt: Micros
  readonly size: number
  readonly crc32c: string
  readonly contentHash: string
}

/** Notes the content that is about to come into place; safe to repeat. @throws {Error} when another one is on record. */
export async function insertNext(tx: Tx, { tenantId, month }: TenantMonth, next: NextObject): Promise<void> {
  await sql`
    insert into archive_next (tenant_id, month, run, over_generation, rows, min_ts, max_ts, size_bytes, crc32c, content_sha256)
    values (${tenantId}::int, ${month}::date, ${next.run}::uuid, ${next.over}::bigint, ${next.rows}::bigint,
      ${literalInstant(next.minAt)}, ${literalInstant(next.maxAt)}, ${next.size}::bigint, ${next.crc32c}, decode(${next.contentHash}, 'hex'))
    on conflict do nothing`.execute(tx)
  const noted = await selectNext(tx, { tenantId, month })
  if (noted?.run !== next.run) throw new Error(`another content of ${month} is on record`)
}

/** The content that is on its way to be the month's object; undefined when none is. */
export async function selectNext(tx: Tx, { tenantId, month }: TenantMonth): Promise<NextObject | undefined> {
  const { rows } = await sql<NextObject>`
    select run, over_generation::text as over, rows::float8 as rows, size_bytes::float8 as size, crc32c,
      (extract(epoch from min_ts) * 1000000)::float8 as "minAt", (extract(epoch from max_ts) * 1000000)::float8 as "maxAt",
      encode(content_sha256, 'hex') as "contentHash"
    from archive_next where tenant_id = ${tenantId}::int and month = ${month}::date`.execute(tx)
  return rows[0]
}

/** Months that have a content on its way, of a tenant or of every one. */
export async function selectMonthsOnTheirWay(tx: Tx, tenantId?: number): Promise<readonly TenantMonth[]> {
  const { rows } = await sql<TenantMonth>`
    select tenant_id as "tenantId", month::text as month from archive_next
    where ${tenantId ?? null}::int is null or tenant_id = ${tenantId ?? null}::int order by tenant_id, month`.execute(
    tx,
  )
  return rows
}

/** Runs whose contents may have come into place. */
export async function selectRunsOnTheirWay(tx: Tx): Promise<readonly string[]> {
  const { rows } = await sql<{ run: string }>`select run from archive_next`.execute(tx)
  return rows.map(({ run }) => run)
}

/** Deletes the record of the content. @returns false when this run has none. */
export async function deleteNext(tx: Tx, { tenantId, month }: TenantMonth, run: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    delete from archive_next where tenant_id = ${tenantId}::int and month = ${month}::date and run = ${run}::uuid`.execute(
    tx,
  )
  return numAffectedRows === 1n
}

/** A tenant's name, which is a part of its objects' names. */
export async function selectTenantName(tx: Tx, tenantId: number): Promise<string> {
  const row = await tx.selectFrom('tenant').select('name').where('id', '=', tenantId).executeTakeFirst()
  if (!row) throw new Error(`tenant ${tenantId} does not exist`)
  return row.name
}

/** Rows of the log or chunks that end in the month. A row of either is of one month. */
export const endsInMonth = (month: string): RawBuilder<unknown> =>
  sql`last_ts >= ${firstOf(month)} and last_ts < ${firstOf(addMonths(month, 1))}`

/** Rows of the log below a gate. An older era is below every newer one. */
export const below = ({ era, xid }: Gate): RawBuilder<unknown> =>
  sql`(era, xid) < (${sql.lit(era)}::smallint, ${sql.lit(xid)}::xid8)`

const firstOf = (month: string): RawBuilder<unknown> => literalInstant(monthStart(month))
