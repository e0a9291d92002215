// A partition out of its table. As the owner, outside a transaction.
import type { Database } from '@penstock/shared/schema/index.ts'
import { type Kysely, sql } from 'kysely'

/** No statement of this session waits longer for a lock, or runs longer. A detach that is cut short stays pending. */
export async function limitWaits(db: Kysely<Database>, ms: number): Promise<void> {
  await sql`select set_config('lock_timeout', ${`${ms}ms`}, false), set_config('statement_timeout', ${`${ms * 2}ms`}, false)`.execute(
    db,
  )
}

/** Partitions whose detach was interrupted: readers see them no more, and no other can be detached. */
export async function selectDetaching(db: Kysely<Database>, parent: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = ${parent}::regclass and i.inhdetachpending`.execute(db)
  return rows.map(({ name }) => name)
}

/** Waits for every transaction that is older than the detach. */
export async function finishDetaching(db: Kysely<Database>, parent: string, name: string): Promise<void> {
  await sql`alter table ${sql.table(parent)} detach partition ${sql.table(name)} finalize`.execute(db)
}

/** Locks neither readers nor writers out; waits for those that were there before it. */
export async function detachConcurrently(db: Kysely<Database>, parent: string, name: string): Promise<void> {
  await sql`alter table ${sql.table(parent)} detach partition ${sql.table(name)} concurrently`.execute(db)
}
