// A transaction on a connection of its own that can COPY: what brings whole months back
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Transaction } from 'kysely'
import { from as copyFrom } from 'pg-copy-streams'
import type { DatabaseConfig } from './config.ts'
import { clientOpener } from './connection.ts'
import { onOneConnection, textTypes } from './one-connection.ts'
import type { Database } from './schema/index.ts'

export interface CopyTransaction {
  readonly tx: Transaction<Database>
  /** Runs `copy … from stdin` with these bytes. What `bytes` throws ends the statement, and so the transaction. */
  copyIn(statement: string, bytes: AsyncIterable<Uint8Array>): Promise<void>
}

/** Runs a transaction once: what has to be read again for a second attempt is the caller's to repeat. */
export type InCopyTransaction = <T>(work: (copying: CopyTransaction) => Promise<T>) => Promise<T>

const CONNECT_TIMEOUT_MS = 10_000

/** The connection counts in the budget beside the pool's, and is closed whatever happens; so nothing of a failed transaction stays. */
export function copyConnection(functionName: string, config: DatabaseConfig): InCopyTransaction {
  return async (work) => {
    const opener = clientOpener(config, {
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      now: Date.now,
      more: { application_name: `penstock ${functionName} copy`, keepAlive: true, types: textTypes },
    })
    try {
      const client = await opener.open()
      try {
        const copyIn = async (statement: string, bytes: AsyncIterable<Uint8Array>): Promise<void> =>
          await pipeline(
            Readable.from(bytes, { objectMode: true, highWaterMark: 1 }),
            client.query(copyFrom(statement)),
          )
        const beginning = { tenantId: null, readOnly: false, sharedLock: undefined }
        return await onOneConnection(client).transaction(beginning, async (tx) => await work({ tx, copyIn }))
      } finally {
        await client.end()
      }
    } finally {
      opener.close()
    }
  }
}
