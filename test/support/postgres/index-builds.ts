// Index builds in a test's database: built, waiting and interrupted ones.
import { expect } from 'vitest'
import type { TestDatabase } from './database.ts'

const BUILDER = `select pid from pg_stat_activity where datname = current_database() and query ilike 'create index concurrently%'
  and wait_event = 'virtualxid'`

/** Adds a partition of metric_chunk for a month of 2026, 1 to 8. */
export async function addPartition(db: TestDatabase, month: number): Promise<void> {
  const name = `metric_chunk_2026_0${month}`
  await db.query(`set role penstock_months; create table ${name} (like metric_chunk including all);
    alter table metric_chunk attach partition ${name} for values from ('2026-0${month}-01Z') to ('2026-0${month + 1}-01Z'); reset role`)
}

/** Returns the names of the indexes that begin with `prefix`; invalid ones have a question mark. */
export async function indexesLike(db: TestDatabase, prefix: string): Promise<string[]> {
  const rows = await db.query<{ name: string }>(
    `select c.relname || case when i.indisvalid then '' else '?' end as name
     from pg_index i join pg_class c on c.oid = i.indexrelid where starts_with(c.relname, $1) order by 1`,
    [prefix],
  )
  return rows.map((row) => row.name)
}

/** Begins a transaction that a build must wait for, and returns the function that ends it. */
export async function holdSnapshot(db: TestDatabase): Promise<() => Promise<void>> {
  const holder = await db.connect()
  await holder.query('begin isolation level repeatable read')
  await holder.query('select 1')
  return async () => await holder.end()
}

/** Resolves with the backend that builds an index and waits for older transactions. */
export async function waitingBuild(db: TestDatabase): Promise<number> {
  await expect.poll(async () => await db.query(BUILDER), { timeout: 15_000 }).toHaveLength(1)
  return (await db.query<{ pid: number }>(BUILDER))[0]?.pid ?? 0
}
