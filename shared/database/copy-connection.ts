// Runs transactions that can COPY, each on a connection of its own. Used to bring whole months back from the archive.
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Transaction } from 'kysely'
import { from as copyFrom } from 'pg-copy-streams'
import type { DatabaseConfig } from '../config/config.ts'
import type { Database } from '../schema/index.ts'
import { ownConnection } from './own-connection.ts'

export interface CopyTransaction {
  readonly tx: Transaction<Database>
  /** Runs `copy … from stdin` with these bytes. An error of `bytes` ends the statement and so the transaction. */
  copyIn(statement: string, bytes: AsyncIterable<Uint8Array>): Promise<void>
}

/**
 * Runs a transaction, and runs it again from its beginning after a transient failure: `bytes` are then requested again.
 * @throws {Problem} 503 when the database is not available, and any error of `work`.
 */
export type InCopyTransaction = <T>(work: (copying: CopyTransaction) => Promise<T>) => Promise<T>

/** Makes the function that runs such transactions. After a failed transaction its connection is closed. */
export function copyConnection(functionName: string, config: DatabaseConfig): InCopyTransaction {
  const onOwnConnection = ownConnection(functionName, 'copy', config)
  return async (work) =>
    await onOwnConnection(async (connection) => {
      const copyIn = async (statement: string, bytes: AsyncIterable<Uint8Array>): Promise<void> =>
        await pipeline(
          Readable.from(bytes, { objectMode: true, highWaterMark: 1 }),
          connection.client.query(copyFrom(statement)),
        )
      const beginning = { tenantId: null, readOnly: false }
      return await connection.transaction(beginning, (tx) => work({ tx, copyIn }))
    })
}
