// Stores chunks in the log of the database, by the statement of every writer.

import type { Tenant } from '@penstock/shared/auth/principal.ts'
import type { SeriesResolver } from '@penstock/shared/points/series.ts'
import type { Client } from 'pg'
import type { AdminDatabase } from '../../../database/admin-database.ts'
import { ImportError } from '../import-error.ts'
import { prepareLogged } from './logged-chunk.ts'
import { deleteSaved, readSaved, writeSaved } from './progress-record.ts'
import type { Identity, Sink } from './sink.ts'

export interface DatabaseSinkDeps {
  readonly db: AdminDatabase
  readonly series: SeriesResolver
  readonly pause: (ms: number) => Promise<void>
  readonly say: (line: string) => void
}

const TURN_POLL_MS = 1_000
const TURN_ATTEMPTS = 600

/** Opens the database sink for one tenant. */
export function openDatabaseSink(deps: DatabaseSinkDeps, tenant: Tenant): Sink {
  const { db } = deps
  return {
    async resume(identity) {
      await db.onEachConnection(async (client) => await takeTurn(deps, client, tenant, identity))
      return await db.write(tenant.id, (tx) => readSaved(tx, tenant.id, identity))
    },
    async prepare(identity, chunk) {
      const write = await prepareLogged(deps, tenant, chunk)
      return {
        store: async (next) =>
          await db.write(tenant.id, async (tx) => {
            const saved = next(await write(tx))
            await writeSaved(tx, tenant.id, identity, saved)
            return saved
          }),
      }
    },
    forget: async (identities) => await db.write(tenant.id, (tx) => deleteSaved(tx, tenant.id, identities)),
  }
}

/**
 * Allows one import of a file at a time, because two would write earlier lines over later ones. The lock is held until the session ends,
 * which for a killed process may take a moment.
 */
async function takeTurn(
  { pause, say }: DatabaseSinkDeps,
  client: Client,
  tenant: Tenant,
  identity: Identity,
): Promise<void> {
  for (let attempt = 0; attempt < TURN_ATTEMPTS; attempt++) {
    const { rows } = await client.query<{ mine: boolean }>(
      `select pg_try_advisory_lock(hashtextextended('import ' || $1::int || ' ' || $2::text, 0)) as mine`,
      [tenant.id, identity],
    )
    if (rows[0]?.mine) return
    if (attempt === 0) say('another import of this file is under way: waiting for it')
    await pause(TURN_POLL_MS)
  }
  throw new ImportError('another import of this file is still under way')
}
