// Remembers in which cluster and timeline the archive's records agreed with storage. A restored database is on another timeline or in another
// cluster: it knows an older state of storage, and working by it would lose what came into storage since then.
import { sql, type Transaction } from 'kysely'
import { ArchiveFault } from '../archive/archive-fault.ts'
import type { Database } from '../schema/index.ts'

type Tx = Transaction<Database>

/** @throws {ArchiveFault} when the database was restored and its records have not been compared with storage since then. */
export async function assertReconciled(tx: Tx): Promise<void> {
  const { rows } = await sql<{ agrees: boolean }>`
    select reconciled_system is not distinct from (select system_identifier from pg_control_system())
      and reconciled_timeline is not distinct from (select timeline_id from pg_control_checkpoint()) as agrees
    from store_state`.execute(tx)
  if (rows[0]?.agrees !== true)
    throw new ArchiveFault(
      'The database was restored, and its records have not been compared with the archive since then. Nothing is archived or expired until they are: run penstock archive reconcile.',
      {},
    )
}

/** Records that the records agree with storage, or that what does not was reported. */
export async function markReconciled(tx: Tx): Promise<void> {
  await sql`
    update store_state set reconciled_system = (select system_identifier from pg_control_system()),
      reconciled_timeline = (select timeline_id from pg_control_checkpoint())`.execute(tx)
}
