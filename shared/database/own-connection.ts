// A connection outside the pool, for work that a pooled one cannot do. It is opened for one piece of work and always closed after it.
import type { Client } from 'pg'
import { requestContext } from '../base/logger.ts'
import { withTimeout } from '../base/timeout.ts'
import type { DatabaseConfig } from '../config/config.ts'
import { applicationName } from './application-name.ts'
import { clientOpener } from './connection.ts'
import { repeatedly, toRefusal } from './database-retry.ts'
import { type OneConnection, onOneConnection, textTypes } from './one-connection.ts'

/**
 * Runs work on a connection of its own, with the policy of a unit of work: it ends by the deadline of the request, and transient failures
 * are retried with back-off on a new connection, so write the work to be repeatable. Other failures of the database become a `Problem`,
 * 503; errors of the work are rethrown.
 */
export type OnOwnConnection = <T>(work: (connection: OwnConnection) => Promise<T>) => Promise<T>

export interface OwnConnection extends OneConnection {
  /** For statements that Kysely cannot express, such as COPY. */
  readonly client: Client
}

const CONNECT_TIMEOUT_MS = 10_000
/** The default limit: no function may run longer. */
const LONGEST_MS = 3_600_000
const END_MS = 2_000

/**
 * The connection counts in the function's budget, in addition to the pool's. `purpose` appears in its application name. Work ends after `longestMs`
 * milliseconds, or with its request.
 */
export function ownConnection(
  functionName: string,
  purpose: string,
  config: DatabaseConfig,
  longestMs = LONGEST_MS,
): OnOwnConnection {
  const options = {
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    now: Date.now,
    more: { application_name: applicationName(functionName, purpose), keepAlive: true, types: textTypes },
  }
  return async (work) => {
    const deadline = Math.min(requestContext.getStore()?.deadline ?? Number.POSITIVE_INFINITY, Date.now() + longestMs)
    const opener = clientOpener(config, options)
    try {
      return await repeatedly({ now: Date.now, deadline }, async () => {
        const client = await opener.open()
        // When the server does not answer in time, ending the client fails the current statement.
        const timer = setTimeout(() => void client.end().catch(() => {}), Math.max(0, deadline - Date.now()))
        try {
          return await work({ ...onOneConnection(client), client })
        } finally {
          clearTimeout(timer)
          // A server that does not answer is not waited for any longer.
          await withTimeout(END_MS, client.end(), () => {})
        }
      })
    } catch (error) {
      throw toRefusal(error)
    } finally {
      opener.close()
    }
  }
}
