// The statements on the records of objects that are not used any more.

import type { Database } from '@penstock/shared/schema/index.ts'
import { isCovered } from '@penstock/shared/schema/legal-holds.ts'
import { sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

export interface ObsoleteObject {
  readonly id: string
  readonly name: string
  readonly generation: string
  /** True when storage may hold the object. */
  readonly held: boolean
}

/** Returns unused objects with ids above `after` that are still in storage and not on hold, oldest first. */
export async function selectObsolete(tx: Tx, after: string, limit: number): Promise<ObsoleteObject[]> {
  const { rows } = await sql<ObsoleteObject>`
    select id, name, generation, held from archive a
    where state in ('replaced', 'expired') and removed_at is null and id > ${after}::bigint and not ${isCovered}
    order by id limit ${limit}::int`.execute(tx)
  return rows
}

/** Records that an object was removed from storage. */
export async function markRemoved(tx: Tx, id: string): Promise<void> {
  await tx
    .updateTable('archive')
    .set({ removed_at: sql`clock_timestamp()`, held: false, hold_pending: false })
    .where('id', '=', id)
    .where('state', 'in', ['replaced', 'expired'])
    .execute()
}
