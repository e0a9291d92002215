// The statements on slots of given timestamps.

import { formatTimestamp, type Micros } from '@penstock/shared/base/time.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

/** Slots of a minute: as many as a stride has microseconds. */
export const SLOTS = 512

/**
 * Draws a slot of a minute that no other instance gets; undefined when the minute has none left. A draw whose commit is uncertain is
 * repeated, which wastes one slot.
 */
export async function drawSlot(tx: Transaction<Database>, minute: Micros): Promise<number | undefined> {
  const { rows } = await sql<{ slot: number }>`
    insert into stamp_minute (minute, slots) values (${formatTimestamp(minute)}::timestamptz, 1)
    on conflict (minute) do update set slots = stamp_minute.slots + 1 where stamp_minute.slots < ${SLOTS}::int
    returning slots - 1 as slot
  `.execute(tx)
  return rows[0]?.slot
}

const MAX_FORGOTTEN = 100

/** Deletes some minutes that are older than `days`. Safe to repeat; waits for no lock. */
export async function forgetMinutes(tx: Transaction<Database>, days: number): Promise<void> {
  await sql`
    delete from stamp_minute where minute in (
      select minute from stamp_minute where minute < now() - make_interval(days => ${days}::int)
      order by minute limit ${MAX_FORGOTTEN}::int for update skip locked
    )`.execute(tx)
}
