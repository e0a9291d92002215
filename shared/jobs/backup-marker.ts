// The row from which the age of a restored copy of the database is known.
import { sql, type Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'

/** Moves the marker to now. Every transaction before its horizon has ended, so a backup that has the marker has their rows. */
export async function moveBackupMarker(tx: Transaction<Database>): Promise<void> {
  await sql`
    insert into backup_marker (at, lsn, horizon)
    values (clock_timestamp(), pg_current_wal_insert_lsn(), pg_snapshot_xmin(pg_current_snapshot()))
    on conflict (one) do update set at = excluded.at, lsn = excluded.lsn, horizon = excluded.horizon`.execute(tx)
}
