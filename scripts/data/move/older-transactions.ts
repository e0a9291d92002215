// Waits for transactions whose snapshots are older than a moment: they may read a month from rows that has been moved since then.
import { sql } from 'kysely'
import type { MoveDeps } from './move-deps.ts'

/** Other sessions' transactions in this database. Row security hides none of them, and every role may see them. */
const running = sql`
  from pg_locks l join pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'virtualxid' and l.granted and a.datname = current_database() and a.usename is not null and l.pid <> pg_backend_pid()`

/**
 * Waits until every transaction has ended that was open when this is called.
 * @returns false when one of them was still open after `patienceMs`.
 */
export async function awaitOlderTransactions(
  { db, pause, limits }: Pick<MoveDeps, 'db' | 'pause' | 'limits'>,
  patienceMs: number,
): Promise<boolean> {
  let older = await selectRunning(db)
  for (let waited = 0; older.length > 0; waited += limits.pollMs) {
    if (waited >= patienceMs) return false
    await pause(limits.pollMs)
    const still = new Set(await selectRunning(db))
    older = older.filter((one) => still.has(one))
  }
  return true
}

async function selectRunning(db: MoveDeps['db']): Promise<readonly string[]> {
  return await db.readAll(async (tx) => {
    const { rows } = await sql<{ id: string }>`select l.virtualxid as id ${running}`.execute(tx)
    return rows.map(({ id }) => id)
  })
}

/** Returns a description of the sessions with open transactions, for a person. */
export async function describeRunning(db: MoveDeps['db']): Promise<string> {
  return await db.readAll(async (tx) => {
    const { rows } = await sql<{ who: string | null }>`
      select string_agg(distinct format('process %s of %s', a.pid, a.usename), ', ') as who ${running}`.execute(tx)
    return rows[0]?.who ?? 'none any more'
  })
}
