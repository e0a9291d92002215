// A connection of its own as the owner of the months' tables, for what cannot run inside a transaction
import { type Kysely, sql } from 'kysely'
import type { DatabaseConfig } from '../config/config.ts'
import type { Database } from '../schema/index.ts'
import { ownConnection } from './own-connection.ts'

/**
 * Runs statements, each its own transaction, as the owner of the months' tables, and of no other: to it row security shows no row. All of
 * them run again after a transient failure. @throws {Problem} 503 when the database is not available, and what `work` throws.
 */
export type AsOwner = <T>(work: (db: Kysely<Database>) => Promise<T>) => Promise<T>

/**
 * What `DETACH … CONCURRENTLY` needs: no transaction around it, and the owner's role for the session, since `set local role` has no effect
 * outside one. The connection is closed whatever happens: no session with that role is left over.
 */
export function ownerConnection(functionName: string, config: DatabaseConfig): AsOwner {
  const onOwnConnection = ownConnection(functionName, 'owner', config)
  return async (work) =>
    await onOwnConnection(async ({ kysely }) => {
      await sql`set role penstock_months`.execute(kysely)
      return await work(kysely)
    })
}
