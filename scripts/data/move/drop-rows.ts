// Removes what is left of the rows when their months are moved: old roll-ups go into the new table, and partitions of moved months are dropped.
import { monthTable, POINTS, ROLLUPS } from '@penstock/shared/months/month-table.ts'
import { makeHourYear } from '@penstock/shared/points/chunk-months.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'
import type { MoveDeps } from './move-deps.ts'
import { awaitOlderTransactions } from './older-transactions.ts'
import { actAs, selectEveryTenant } from './switch-queries.ts'

type Tx = Transaction<Database>

export interface Dropped {
  /** Names of the partitions that were dropped. */
  readonly dropped: readonly string[]
  /** First days of moved months whose partitions could not be dropped yet, because older transactions may read them. */
  readonly waiting: readonly string[]
}

/**
 * Copies the roll-ups of months that have left the database, and drops the partitions of points and roll-ups whose months are moved. First it waits
 * up to `patienceMs` for transactions that began before: a month may be rows in their snapshots. Safe to repeat, and to interrupt anywhere.
 */
export async function dropRows(deps: MoveDeps, patienceMs: number): Promise<Dropped> {
  const months: string[] = []
  for (const month of await deps.db.readAll(selectMonths)) {
    if (await isRows(deps, month)) continue
    await copyRollups(deps, month)
    months.push(month)
  }
  if (months.length === 0) return { dropped: [], waiting: [] }
  if (!(await awaitOlderTransactions(deps, patienceMs))) return { dropped: [], waiting: months }
  const dropped: string[] = []
  for (const month of months) {
    for (const parent of [POINTS, ROLLUPS]) {
      const { name: table } = monthTable(parent, month)
      if (await dropPartition(deps, parent, table)) dropped.push(table)
    }
    await forgetLive(deps, month)
  }
  return { dropped, waiting: [] }
}

/** Returns the first days of the months that have a partition of points or roll-ups. */
async function selectMonths(tx: Tx): Promise<readonly string[]> {
  const { rows } = await sql<{ month: string }>`
    select distinct to_date(right(c.relname, 7), 'YYYY_MM')::text as month from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname ~ '^metric_(point|rollup)_\\d{4}_\\d{2}$'
    order by 1`.execute(tx)
  return rows.map(({ month }) => month)
}

async function isRows(deps: MoveDeps, month: string): Promise<boolean> {
  return await deps.db.writeAll(async (tx) => {
    for (const tenantId of await selectEveryTenant(tx)) {
      await actAs(tx, tenantId)
      const { rows } = await sql`select from row_month where month = ${month}::date`.execute(tx)
      if (rows.length > 0) return true
    }
    return false
  })
}

/** Copies valid roll-ups of a month without rows. Its objects then have their roll-ups in the database. */
async function copyRollups({ db }: MoveDeps, month: string): Promise<void> {
  await db.writeAll(async (tx) => void (await makeHourYear(tx, Number(month.slice(0, 4)))))
  const tenants = await db.writeAll(selectEveryTenant)
  for (const tenantId of tenants)
    await db.write(tenantId, async (tx) => {
      const bounds = sql`bucket >= ${month}::date::timestamp at time zone 'UTC' and bucket < (${month}::date + interval '1 month') at time zone 'UTC'`
      const isAway = sql`exists (select from metric_month where month = ${month}::date and state in ('dropped', 'expired'))`
      await sql`
        insert into metric_hour (tenant_id, series_id, bucket, count, sum, min, max)
        select tenant_id, series_id, bucket, count, sum, min, max from metric_rollup r
        where tenant_id = ${tenantId}::int and ${bounds} and ${isAway}
          and bucket < (select watermark from rollup_mark)
          and not exists (select from rollup_invalidation i where i.series_id = r.series_id and i.bucket = r.bucket)
        on conflict do nothing`.execute(tx)
      await sql`
        update archive set rolled_up = true
        where tenant_id = ${tenantId}::int and dataset = 'metrics' and month = ${month}::date and state = 'verified' and not rolled_up and ${isAway}
          and (select watermark from rollup_mark) >= (${month}::date + interval '1 month') at time zone 'UTC'
          and not exists (select from rollup_invalidation where tenant_id = ${tenantId}::int and ${bounds})`.execute(tx)
    })
}

/** Detaches a partition without locking readers out, and drops it. @returns false when there is none. */
async function dropPartition({ db }: MoveDeps, parent: string, table: string): Promise<boolean> {
  const { client } = db
  const { rows } = await client.query<{ attached: boolean; pending: boolean }>(
    `select i.inhrelid is not null as attached, coalesce(i.inhdetachpending, false) as pending
     from pg_class c left join pg_inherits i on i.inhrelid = c.oid where c.oid = to_regclass($1)`,
    [table],
  )
  const [found] = rows
  if (!found) return false
  const [of, name] = [client.escapeIdentifier(parent), client.escapeIdentifier(table)]
  if (found.attached)
    await client.query(`alter table ${of} detach partition ${name} ${found.pending ? 'finalize' : 'concurrently'}`)
  await client.query(`drop table if exists ${name}`)
  return true
}

/** The partitions job would make the partition of a live month again. */
async function forgetLive({ db }: MoveDeps, month: string): Promise<void> {
  await db.writeAll(
    async (tx) =>
      void (await sql`delete from metric_month where month = ${month}::date and state = 'live'`.execute(tx)),
  )
}
