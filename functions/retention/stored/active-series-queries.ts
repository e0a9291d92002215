// The statements that count the active series of a tenant.
import type { Database } from '@penstock/shared/schema/index.ts'
import { type RawBuilder, sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

/** Returns the tenants whose active series were last counted more than `idleHours` ago, or never, in the order of that count. */
export async function selectUncounted(tx: Tx, idleHours: number): Promise<readonly number[]> {
  const { rows } = await sql<{ id: number }>`
    select id from tenant where series_counted_at <= now() - make_interval(hours => ${idleHours}::int)
    order by series_counted_at, id`.execute(tx)
  return rows.map(({ id }) => id)
}

/**
 * The series of `from` that have rows in the log. The tenant's rows are read once for all of them: a look into the arrays for each series took a
 * minute for 5,000 series and some hundred rows.
 */
const inLog = (tenantId: number, from: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  select distinct i.id from metric_log l cross join lateral unnest(l.series) as i (id)
  where l.tenant_id = ${tenantId}::int and i.id = any(array(select id from ${from} as f))`

/** True when the series `s` has a point in the database; `logged` are the series in the log. */
const hasPoints = sql`(
  exists (select from metric_chunk c where c.series_id = s.id)
  or exists (select from logged where logged.id = s.id)
)`

const given = (ids: readonly number[]): RawBuilder<unknown> => sql`(select unnest(${[...ids]}::int[]) as id)`

export interface Idle {
  readonly ids: readonly number[]
  /** The position at which the next call continues; null when all series were examined. */
  readonly next: number | null
}

/** Active series of a tenant, in the order of their ids, that are older than `idleHours` and have no points. Looks at `limit` of them. */
export async function selectIdle(
  tx: Tx,
  tenantId: number,
  { after, limit, idleHours }: { readonly after: number; readonly limit: number; readonly idleHours: number },
): Promise<Idle> {
  const { rows } = await sql<{ ids: number[] | null; last: number | null; looked: number }>`
    with looked as materialized (
      select id, tenant_id, block, created_at from metric_series
      where tenant_id = ${tenantId}::int and active and id > ${after}::int order by id limit ${limit}::int
    ), logged as materialized (${inLog(tenantId, sql`looked`)})
    select max(s.id) as last, count(*)::int as looked,
      array_agg(s.id) filter (where s.created_at <= now() - make_interval(hours => ${idleHours}::int) and not ${hasPoints}) as ids
    from looked s`.execute(tx)
  const { ids = null, last = null, looked = 0 } = rows[0] ?? {}
  return { ids: ids ?? [], next: looked < limit ? null : last }
}

/**
 * Takes these series out of the tenant's count, and moves its epoch: instances that remember their ids look them up again before they write. Those that
 * have points by now stay. Returns how many it took out, and the transaction's id.
 */
export async function deactivate(
  tx: Tx,
  tenantId: number,
  ids: readonly number[],
): Promise<{ readonly count: number; readonly xid: string }> {
  // A transaction that adds series or makes them active holds the row too.
  await sql`select from tenant where id = ${tenantId}::int for no key update`.execute(tx)
  const { rows } = await sql<{ count: number; xid: string }>`
    with logged as materialized (${inLog(tenantId, given(ids))}), idle as (
      update metric_series s set active = false
      where s.tenant_id = ${tenantId}::int and s.id = any(${[...ids]}::int[]) and s.active and not ${hasPoints} returning 1
    ), counted as (
      update tenant set series_count = greatest(0, series_count - (select count(*) from idle)::int), series_epoch = series_epoch + 1
      where id = ${tenantId}::int and exists (select from idle)
    )
    select (select count(*) from idle)::int as count, pg_current_xact_id()::text as xid`.execute(tx)
  return rows[0] ?? { count: 0, xid: '0' }
}

/** Returns true when every transaction that began before the one with this id was committed has ended. */
export async function isSettled(tx: Tx, xid: string): Promise<boolean> {
  const { rows } = await sql<{ settled: boolean }>`
    select pg_snapshot_xmin(pg_current_snapshot()) > ${xid}::xid8 as settled`.execute(tx)
  return rows[0]?.settled ?? false
}

/** Takes series back into the count that a writer gave points while they were taken out of it. */
export async function reactivate(tx: Tx, tenantId: number, ids: readonly number[]): Promise<void> {
  await sql`select from tenant where id = ${tenantId}::int for no key update`.execute(tx)
  await sql`
    with logged as materialized (${inLog(tenantId, given(ids))}), written as (
      update metric_series s set active = true
      where s.tenant_id = ${tenantId}::int and s.id = any(${[...ids]}::int[]) and not s.active and ${hasPoints} returning 1
    )
    update tenant set series_count = series_count + (select count(*) from written)::int
    where id = ${tenantId}::int and exists (select from written)`.execute(tx)
}

/** Notes that the tenant's series were counted. */
export async function noteCounted(tx: Tx, tenantId: number): Promise<void> {
  await sql`update tenant set series_counted_at = now() where id = ${tenantId}::int`.execute(tx)
}
