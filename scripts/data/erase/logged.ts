// Erases points of the log and chunks: those of series that no longer have a name.
import { lockTenant } from '@penstock/shared/compaction/queries.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'
import type { EraseDeps } from './place.ts'

type Tx = Transaction<Database>

/** An erasure that must be repeated, because a transaction somewhere on the server has been open for too long. */
export class HeldBack extends Error {}

const GATE_POLL_MS = 250
const GATE_PATIENCE_MS = 60_000

/**
 * Deletes the names of these series, which makes their points unreadable at once. Writers that have cached the ids resolve them again,
 * because the tenant's epoch changes. Cached answers are no longer used, because the marks of all days of the tenant change. Returns the
 * number of deleted names.
 */
export async function eraseNames({ db, tenant }: EraseDeps, ids: readonly number[]): Promise<number> {
  return await db.write(tenant.id, async (tx) => {
    const { rows } = await sql<{ active: boolean }>`
      delete from metric_series where tenant_id = ${tenant.id}::int and id = any(${[...ids]}::int[])
      returning active`.execute(tx)
    const active = rows.filter((row) => row.active).length
    await sql`
      update tenant set series_count = greatest(0, series_count - ${active}::int), series_epoch = series_epoch + 1
      where id = ${tenant.id}::int`.execute(tx)
    await sql`
      update compaction_mark set mark = default, random = (random() * 9007199254740991)::bigint
      where tenant_id = ${tenant.id}::int`.execute(tx)
    return rows.length
  })
}

/**
 * Waits until every transaction has ended that was open when this is called: writers among them may still append points of a name that was deleted.
 * @throws {HeldBack} after 60 s, naming the session that has not ended.
 */
export async function passGate(
  { db, renew }: EraseDeps,
  {
    pause,
    patienceMs = GATE_PATIENCE_MS,
  }: { readonly pause: (ms: number) => Promise<void>; readonly patienceMs?: number },
): Promise<void> {
  const { next } = await one<{ next: string }>(db, sql`select pg_snapshot_xmax(pg_current_snapshot())::text as next`)
  for (let waited = 0; ; waited += GATE_POLL_MS) {
    const { passed } = await one<{ passed: boolean }>(
      db,
      sql`select pg_snapshot_xmin(pg_current_snapshot()) >= ${next}::text::xid8 as passed`,
    )
    if (passed) return
    if (waited >= patienceMs) throw new HeldBack(await describeOldest(db))
    await renew()
    await pause(GATE_POLL_MS)
  }
}

async function describeOldest(db: EraseDeps['db']): Promise<string> {
  const { who } = await one<{ who: string | null }>(
    db,
    sql`select (
      select format('process %s of %s in database %s, whose transaction began at %s', pid, coalesce(usename, backend_type), datname, xact_start)
      from pg_stat_activity where backend_xid is not null and pid <> pg_backend_pid() order by xact_start limit 1
    ) as who`,
  )
  return `A transaction on this server has been open for too long: ${who ?? 'a prepared transaction'}. The names are deleted, and their points are no longer answered. End that transaction and repeat the command; it erases what is left.`
}

async function one<Row>(db: EraseDeps['db'], statement: ReturnType<typeof sql>): Promise<Row> {
  const { rows } = await db.readAll((tx) => statement.execute(tx))
  return rows[0] as Row
}

/**
 * Erases the points of series without a name from log and chunks, with their roll-ups and spans, under the tenant's compaction lock. The other points
 * of a row of the log keep its place in the order. Returns how many points were erased. Safe to repeat.
 */
export async function eraseNameless({ db, tenant }: EraseDeps): Promise<number> {
  return await db.write(tenant.id, async (tx) => {
    await lockTenant(tx, tenant.id)
    const { rows } = await sql<{ points: number }>`
      with gone as (
        delete from metric_log l where tenant_id = ${tenant.id}::int and ${hasNameless}
        returning block, era, xid, series, ts, value
      ), kept as (
        insert into metric_log (tenant_id, block, era, xid, first_ts, last_ts, n, series, ts, value)
        select ${tenant.id}::int, g.block, g.era, g.xid, p.*
        from gone g cross join lateral (
          select min(ts), max(ts), count(*) as n, array_agg(series order by series, ts), array_agg(ts order by series, ts),
            array_agg(value order by series, ts)
          from unnest(g.series, g.ts, g.value) as p (series, ts, value)
          where exists (select from metric_series s where s.id = p.series)
        ) p where p.n > 0
        returning n
      ), chunks as (
        delete from metric_chunk c where tenant_id = ${tenant.id}::int and ${isNameless('c')} returning n
      ), hours as (
        delete from metric_hour h where tenant_id = ${tenant.id}::int and ${isNameless('h')}
      ), spans as (
        delete from metric_series_span p where tenant_id = ${tenant.id}::int and ${isNameless('p')}
      )
      select ((select coalesce(sum(cardinality(series)), 0) from gone) - (select coalesce(sum(n), 0) from kept)
        + (select coalesce(sum(n), 0) from chunks))::float8 as points`.execute(tx)
    return rows[0]?.points ?? 0
  })
}

/** Counts the rows of log, chunks, roll-ups and spans that still contain points of a series without a name. */
export async function countNameless({ db, tenant }: EraseDeps): Promise<number> {
  return await db.read(tenant.id, async (tx) => {
    const { rows } = await sql<{ count: number }>`
        select (
          (select count(*) from metric_log l where tenant_id = ${tenant.id}::int and ${hasNameless})
          + (select count(*) from metric_chunk c where tenant_id = ${tenant.id}::int and ${isNameless('c')})
          + (select count(*) from metric_hour h where tenant_id = ${tenant.id}::int and ${isNameless('h')})
          + (select count(*) from metric_series_span p where tenant_id = ${tenant.id}::int and ${isNameless('p')})
        )::float8 as count`.execute(tx)
    return rows[0]?.count ?? 0
  })
}

const isNameless = (alias: 'c' | 'h' | 'p') =>
  sql`not exists (select from metric_series s where s.id = ${sql.ref(`${alias}.series_id`)})`

const hasNameless = sql`exists (
  select from unnest(l.series) as p (series) where not exists (select from metric_series s where s.id = p.series)
)`

const TENANT_TABLES = ['metric_log', 'metric_chunk', 'metric_hour', 'metric_series_span', 'compaction_mark'] as const

/** Erases all points of a tenant from log and chunks, under its compaction lock, so that no compaction writes any of them again. */
export async function eraseTenantPoints({ db, tenant }: EraseDeps): Promise<void> {
  await db.write(tenant.id, async (tx) => {
    await lockTenant(tx, tenant.id)
    for (const table of TENANT_TABLES) await deleteAll(tx, table, tenant.id)
  })
}

async function deleteAll(tx: Tx, table: string, tenantId: number): Promise<void> {
  await sql`delete from ${sql.table(table)} where tenant_id = ${tenantId}::int`.execute(tx)
}
