// A connection of its own as the owner of the months' tables, for what cannot run inside a transaction
import { type Kysely, sql } from 'kysely'
import type { DatabaseConfig } from './config.ts'
import { clientOpener } from './connection.ts'
import { onOneConnection, textTypes } from './one-connection.ts'
import type { Database } from './schema/index.ts'

/** Runs statements, each its own transaction, as the owner of the months' tables, and of no other: to it row security shows no row. */
export type AsOwner = <T>(work: (db: Kysely<Database>) => Promise<T>) => Promise<T>

const CONNECT_TIMEOUT_MS = 10_000

/**
 * What `DETACH … CONCURRENTLY` needs: no transaction around it, and the owner's role for the session, since `set local role` has no effect
 * outside one. The connection counts in the budget beside the pool's, and is closed whatever happens: no session with that role is left over.
 */
export function ownerConnection(functionName: string, config: DatabaseConfig): AsOwner {
  return async (work) => {
    const opener = clientOpener(config, {
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      now: Date.now,
      more: { application_name: `penstock ${functionName} owner`, keepAlive: true, types: textTypes },
    })
    try {
      const client = await opener.open()
      try {
        const { kysely } = onOneConnection(client)
        await sql`set role penstock_months`.execute(kysely)
        return await work(kysely)
      } finally {
        await client.end()
      }
    } finally {
      opener.close()
    }
  }
}
