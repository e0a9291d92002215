// A month's table, from its creation to its attachment.
//
// Rows and tables have different owners. The role of a maintenance function sees every row by its policies and owns nothing. The owner of
// the months' tables (and of no other) may change them and sees no row, because row security is forced. So statements on tables run as
// the owner and statements on rows as the function, in one transaction that takes the owner's role and gives it back. A table that is not
// attached yet has forced row security from its first commit on (a function refuses to work when a table lacks it), and a policy for the
// function that fills it. The grant that goes with the policy is given and revoked in the filling transaction, so it is never committed.
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'
import type { MonthTable } from './month-table.ts'

const OWNER = sql.id('penstock_months')

/** Returns whether a month's table is a partition; null when there is no such table. */
export async function selectAttached(tx: Kysely<Database>, parent: string, table: MonthTable): Promise<boolean | null> {
  const { rows } = await sql<{ attached: boolean }>`
    select exists (select from pg_inherits i where i.inhrelid = c.oid and i.inhparent = ${parent}::regclass) as attached
    from pg_class c where c.oid = to_regclass(${table.name})`.execute(tx)
  return rows[0]?.attached ?? null
}

/**
 * Locks the partitions of a table until the end of the transaction, so only one transaction makes or attaches a partition at a time, and
 * none waits for it later under the write lock. Readers and writers are not affected.
 */
export async function lockPartitions(tx: Transaction<Database>, parent: string): Promise<void> {
  await asOwner(tx, async () => {
    await sql`lock table only ${sql.table(parent)} in share update exclusive mode`.execute(tx)
  })
}

/** Makes a month's table without attaching it: readers and writers of the partitioned table do not see it. */
export async function createTable(tx: Transaction<Database>, parent: string, table: MonthTable): Promise<void> {
  const name = sql.table(table.name)
  const by = sql.ref(table.by)
  const filler = await currentUser(tx)
  await asOwner(tx, async () => {
    // The check constraint holds what ATTACH would otherwise verify for every row while the write lock is held.
    await sql`
      create table ${name} (
        like ${sql.table(parent)} including all,
        constraint ${boundsOf(table)} check (${by} >= ${sql.lit(table.from)} and ${by} < ${sql.lit(table.to)})
      )`.execute(tx)
    await sql`alter table ${name} enable row level security, force row level security`.execute(tx)
    await sql`create policy filling on ${name} to ${filler} using (true)`.execute(tx)
  })
}

/** Lets this function's role store into a table that is not attached. Call `stopFilling` before the commit. */
export async function startFilling(tx: Transaction<Database>, table: MonthTable): Promise<void> {
  const name = sql.table(table.name)
  const filler = await currentUser(tx)
  await asOwner(tx, async () => {
    // Attaching will need this lock. It is better to wait for an autovacuum here than under the write lock.
    await sql`lock table ${name} in access exclusive mode`.execute(tx)
    await sql`grant select, insert, update (value) on ${name} to ${filler}`.execute(tx)
  })
}

/** Revokes the rights that `startFilling` gave. */
export async function stopFilling(tx: Transaction<Database>, table: MonthTable): Promise<void> {
  const filler = await currentUser(tx)
  await asOwner(tx, async () => {
    await sql`revoke all on ${sql.table(table.name)} from ${filler}`.execute(tx)
  })
}

/** Makes a filled table a partition. It scans no rows and waits for no reader. */
export async function attachTable(tx: Transaction<Database>, parent: string, table: MonthTable): Promise<void> {
  const name = sql.table(table.name)
  await asOwner(tx, async () => {
    await sql`drop policy if exists filling on ${name}`.execute(tx)
    await sql`
      alter table ${sql.table(parent)} attach partition ${name}
      for values from (${sql.lit(table.from)}) to (${sql.lit(table.to)})`.execute(tx)
    await sql`alter table ${name} drop constraint if exists ${boundsOf(table)}`.execute(tx)
  })
}

/** Drops a month's table that is no longer a partition. Safe to repeat. */
export async function dropTable(tx: Transaction<Database>, table: MonthTable): Promise<void> {
  await asOwner(tx, async () => {
    await sql`drop table if exists ${sql.table(table.name)}`.execute(tx)
  })
}

const boundsOf = (table: MonthTable) => sql.id(`${table.name}_month`)

async function currentUser(tx: Transaction<Database>) {
  const { rows } = await sql<{ name: string }>`select current_user::text as name`.execute(tx)
  return sql.id(rows[0]?.name ?? '')
}

async function asOwner(tx: Transaction<Database>, statements: () => Promise<void>): Promise<void> {
  await sql`set local role ${OWNER}`.execute(tx)
  await statements()
  await sql`reset role`.execute(tx)
}
