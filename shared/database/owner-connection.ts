// Runs statements as the owner of the months' tables, on a connection of its own, for DDL that cannot run inside a transaction.
import { type Kysely, sql } from 'kysely'
import type { DatabaseConfig } from '../config/config.ts'
import type { Database } from '../schema/index.ts'
import { ownConnection } from './own-connection.ts'

/**
 * Runs statements, each its own transaction, as the owner of the months' tables only; row security hides every row from that owner. All
 * of them run again after a transient failure. @throws {Problem} 503 when the database is not available, and any error of `work`.
 */
export type AsOwner = <T>(work: (db: Kysely<Database>) => Promise<T>) => Promise<T>

/**
 * `DETACH … CONCURRENTLY` needs a session without a transaction, and with the owner's role: `set local role` has no effect outside one.
 * The connection is always closed, so no session with that role remains.
 */
export function ownerConnection(functionName: string, config: DatabaseConfig): AsOwner {
  const onOwnConnection = ownConnection(functionName, 'owner', config)
  return async (work) =>
    await onOwnConnection(async ({ kysely }) => {
      await sql`set role penstock_months`.execute(kysely)
      return await work(kysely)
    })
}
