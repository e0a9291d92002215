// The statements that bring a month back.

import { sql, type Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'

type Tx = Transaction<Database>

/**
 * Prevents the month's partition from being dropped until the end of the transaction.
 * @throws {Error} when it has none, or one that is about to be dropped.
 */
export async function keepMonth(tx: Tx, month: string): Promise<void> {
  const { rows } = await sql<{ leaving: boolean }>`
    select leaving from chunk_month where month = ${month}::date for share`.execute(tx)
  if (rows[0]?.leaving !== false) throw new Error(`the partition of ${month} was dropped while the month came back`)
}

/** Ids of a tenant's series by their identity, hexadecimal. */
export async function selectIdentities(tx: Tx, tenantId: number): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ identity: string; id: number }>`
    select encode(identity_sha256, 'hex') as identity, id from metric_series where tenant_id = ${tenantId}::int`.execute(
    tx,
  )
  return new Map(rows.map(({ identity, id }) => [identity, id]))
}
