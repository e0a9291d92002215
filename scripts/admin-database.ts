// Units of work of a person's commands: on one connection, one after the other, under a role that row security binds.
import type { PenstockDatabase, UnitOptions } from '@penstock/shared/database.ts'
import { backoffMs, codeOf, isTransient } from '@penstock/shared/database-errors.ts'
import { onOneConnection, textTypes } from '@penstock/shared/one-connection.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import type { Client } from 'pg'
import { connectAdmin } from './admin-client.ts'

/** A unit is run again from its beginning after a transient failure: a deadlock, a lock that was not to be had in time. */
export interface AdminDatabase extends Pick<PenstockDatabase, 'inTenant' | 'inTransaction'> {
  /** The connection itself, for COPY inside a unit, and for what belongs to the session. */
  readonly client: Client
  close(): Promise<void>
}

export interface AdminOptions {
  /** The session's role from its beginning: `reset role` comes back to it. */
  readonly role: string
  readonly statementTimeoutMs: number
}

const LOCK_TIMEOUT = '10s'
/** As functions have it: whoever stops in the middle of a unit must not keep the write lock. */
const IDLE_IN_TRANSACTION_TIMEOUT = '5s'
const MAX_ATTEMPTS = 6
const LOCK_NOT_AVAILABLE = '55P03'

/** Connects. @throws {Error} when there is no database to connect to, or it is not migrated. */
export async function openAdminDatabase({ role, statementTimeoutMs }: AdminOptions): Promise<AdminDatabase> {
  const { client, close } = await connectAdmin({
    settings: {
      role,
      statement_timeout: String(statementTimeoutMs),
      lock_timeout: LOCK_TIMEOUT,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT,
    },
    types: textTypes,
  })
  const connection = onOneConnection(client)
  let last: Promise<unknown> = Promise.resolve()
  const unit = async <T>(
    tenantId: number | null,
    work: (tx: Transaction<Database>) => Promise<T>,
    { readOnly = false, sharedLock }: UnitOptions = {},
  ): Promise<T> => {
    const run = async () => await connection.transaction({ tenantId, readOnly, sharedLock }, work)
    const mine = last.then(async () => await repeatedly(run))
    last = mine.catch(() => {})
    return await mine
  }
  return {
    client,
    inTenant: async (tenantId, work, options) => await unit(tenantId, work, options),
    inTransaction: async (work, options) => await unit(null, work, options),
    close,
  }
}

async function repeatedly<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      const again = isTransient(error) || codeOf(error) === LOCK_NOT_AVAILABLE
      if (!again || attempt >= MAX_ATTEMPTS) throw error
      await new Promise((resolve) => setTimeout(resolve, backoffMs(attempt, Math.random)))
    }
  }
}
