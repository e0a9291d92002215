// The statements that detach a partition. They run as the owner, outside a transaction.
import type { Database } from '@penstock/shared/schema/index.ts'
import { type Kysely, sql } from 'kysely'

/** Limits how long each statement of this session waits for a lock, and how long it runs. A detach that is interrupted stays pending. */
export async function limitWaits(db: Kysely<Database>, ms: number): Promise<void> {
  await sql`select set_config('lock_timeout', ${`${ms}ms`}, false), set_config('statement_timeout', ${`${ms * 2}ms`}, false)`.execute(
    db,
  )
}

/**
 * Returns the partitions whose detach was interrupted: readers no longer see them, and no other partition can be detached before them.
 */
export async function selectDetaching(db: Kysely<Database>, parent: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = ${parent}::regclass and i.inhdetachpending`.execute(db)
  return rows.map(({ name }) => name)
}

/** Finishes an interrupted detach. It waits for every transaction that is older than the detach. */
export async function finishDetaching(db: Kysely<Database>, parent: string, name: string): Promise<void> {
  await sql`alter table ${sql.table(parent)} detach partition ${sql.table(name)} finalize`.execute(db)
}

/** Detaches a partition without locking readers or writers out; waits for those that were there before. */
export async function detachConcurrently(db: Kysely<Database>, parent: string, name: string): Promise<void> {
  await sql`alter table ${sql.table(parent)} detach partition ${sql.table(name)} concurrently`.execute(db)
}
