// Reads whether points are in the log and chunks, or still in metric_point.
import { sql } from 'kysely'
import type { Units } from '../database/units.ts'

/** Databases whose switch is known to be on. */
const switchedOn = new WeakSet<object>()

/**
 * Returns true when this database's points are in the log and chunks. It reads the switch until it is on, and then remembers it, because
 * it is never set back.
 */
export async function isLogStore(db: Pick<Units, 'readAll'>): Promise<boolean> {
  if (switchedOn.has(db)) return true
  const isOn = await db.readAll(async (tx) => {
    const { rows } = await sql<{ is_on: boolean }>`select log_and_chunks as is_on from store_state`.execute(tx)
    return rows[0]?.is_on ?? false
  })
  if (isOn) switchedOn.add(db)
  return isOn
}
