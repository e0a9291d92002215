// Allows one process at a time to change the schema of a database.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'

/** Session advisory lock of the migrating process. */
const MIGRATION_LOCK = 7_301_000
const WAIT_MS = 300_000
const PAUSE_MS = 100

/**
 * Runs the work while nothing else migrates this database; others wait up to five minutes for their turn. When this process dies, the
 * server notices it within seconds, ends its statement and lets the next one in.
 * @throws {Error} when another process holds the lock for longer.
 */
export async function underMigrationLock<T>(client: Client, work: () => Promise<T>): Promise<T> {
  await client.query(`set client_connection_check_interval = '2s'`)
  const deadline = Date.now() + WAIT_MS
  // The lock is polled: a session that waits inside a statement would hold a snapshot, for which a concurrent index build would wait
  // while it holds the lock.
  while (!(await tryLock(client))) {
    if (Date.now() > deadline)
      throw new Error(`another process has been migrating this database for ${WAIT_MS / 60_000} minutes`)
    await sleep(PAUSE_MS + Math.random() * PAUSE_MS)
  }
  try {
    return await work()
  } finally {
    await client.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => {})
  }
}

async function tryLock(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [MIGRATION_LOCK])
  return rows[0]?.held ?? false
}
