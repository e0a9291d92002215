// The tables of months, of points and of roll-ups, including those that are not attached as partitions at the moment.

import { lockRollups } from '@penstock/shared/months/rollup-hours.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'
import type { EraseDeps } from './place.ts'

/** Selects rows by series; null selects all of the tenant. */
export interface MonthRows {
  readonly series: readonly number[] | null
}

interface MonthTableFound {
  readonly name: string
  readonly parent: 'metric_point' | 'metric_rollup'
  readonly attached: boolean
  /** First instants of the month and of the next one. */
  readonly from: string
  readonly to: string
}

/** Deletes the tenant's rows of every month, one month per transaction. Returns their number. Safe to repeat. */
export async function eraseMonthRows(deps: EraseDeps, { series }: MonthRows): Promise<number> {
  let erased = 0
  for (const table of await monthTables(deps)) {
    await deps.renew()
    erased += await deps.db.write(deps.tenant.id, (tx) => eraseFrom(tx, table, deps.tenant.id, series))
  }
  return erased
}

/** Counts such rows. */
export async function countMonthRows({ db, tenant, ...deps }: EraseDeps, { series }: MonthRows): Promise<number> {
  let count = 0
  for (const table of await monthTables({ db, tenant, ...deps })) {
    count += await db.write(tenant.id, async (tx) =>
      unlocked(tx, table, async (from, where) => {
        const { rows } = await sql<{ count: number }>`
          select count(*)::int as count from ${from} where tenant_id = ${tenant.id}::int and ${where} and ${isOf(series)}`.execute(
          tx,
        )
        return rows[0]?.count ?? 0
      }),
    )
  }
  return count
}

async function monthTables({ db, tenant }: EraseDeps): Promise<MonthTableFound[]> {
  return await db.read(tenant.id, async (tx) => {
    const { rows } = await sql<MonthTableFound>`
        select c.relname as name, substring(c.relname from '^metric_(?:point|rollup)') as parent,
          exists (select from pg_inherits i where i.inhrelid = c.oid) as attached,
          (to_date(right(c.relname, 7), 'YYYY_MM')::timestamp at time zone 'UTC')::text as from,
          ((to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month') at time zone 'UTC')::text as to
        from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname ~ '^metric_(point|rollup)_\\d{4}_\\d{2}$'
        order by 1`.execute(tx)
    return rows
  })
}

async function eraseFrom(
  tx: Transaction<Database>,
  table: MonthTableFound,
  tenantId: number,
  series: readonly number[] | null,
): Promise<number> {
  // A transaction that computes roll-ups also changes the tenant's version, and would wait for rows that are deleted here.
  await lockRollups(tx)
  return await unlocked(tx, table, async (from, where) => {
    const { numAffectedRows } = await sql`
      delete from ${from} where tenant_id = ${tenantId}::int and ${where} and ${isOf(series)}`.execute(tx)
    return Number(numAffectedRows ?? 0)
  })
}

const isOf = (series: readonly number[] | null) =>
  series === null ? sql`true` : sql`series_id = any(${[...series]}::int[])`

/**
 * The policies of the partitioned table show the rows of a partition. A table that is not attached has no policy, so its owner gets
 * access until the end of the transaction; no other session sees that.
 */
async function unlocked(
  tx: Transaction<Database>,
  { name, parent, attached, from, to }: MonthTableFound,
  work: (from: ReturnType<typeof sql.table>, where: ReturnType<typeof sql<boolean>>) => Promise<number>,
): Promise<number> {
  if (attached) {
    const at = sql.ref(parent === 'metric_point' ? 'ts' : 'bucket')
    return await work(sql.table(parent), sql<boolean>`${at} >= ${from}::timestamptz and ${at} < ${to}::timestamptz`)
  }
  await sql`alter table ${sql.table(name)} no force row level security`.execute(tx)
  const result = await work(sql.table(name), sql<boolean>`true`)
  await sql`alter table ${sql.table(name)} force row level security`.execute(tx)
  return result
}
