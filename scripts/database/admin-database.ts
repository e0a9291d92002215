// Units of work for a person's commands: on one connection, one after the other, under a role that row security binds.
import { codeOf, isTransient } from '@penstock/shared/database/database-errors.ts'
import { repeatedly } from '@penstock/shared/database/database-retry.ts'
import { type OneConnection, onOneConnection, textTypes } from '@penstock/shared/database/one-connection.ts'
import { type UnitKind, type Units, unitsOf, type Work } from '@penstock/shared/database/units.ts'
import type { Client } from 'pg'
import { connectAdmin } from './admin-client.ts'

/**
 * Runs each unit again from its beginning after a transient failure, such as a deadlock or a lock time-out. A connection that is lost, or
 * that the server does not call idle after a unit, is closed and replaced.
 */
export interface AdminDatabase extends Units {
  /** The current connection, for COPY inside a unit and for session-level state. Do not store it: a unit may replace it. */
  readonly client: Client
  /** Prepares the session (temporary tables, session locks), now and for every connection that replaces another. */
  onEachConnection(prepare: Preparation): Promise<void>
  close(): Promise<void>
}

type Preparation = (client: Client) => Promise<void>

export interface AdminOptions {
  /** The session's initial role, to which `reset role` returns. */
  readonly role: string
  readonly statementTimeoutMs: number
}

const LOCK_TIMEOUT = '10s'
/** The same as for functions: a process that stops in the middle of a unit must not hold the write lock. */
const IDLE_IN_TRANSACTION_TIMEOUT = '5s'
const LOCK_NOT_AVAILABLE = '55P03'

/** Connects. @throws {Error} when there is no database to connect to, or it is not migrated. */
export async function openAdminDatabase(options: AdminOptions): Promise<AdminDatabase> {
  const preparations: Preparation[] = []
  let current = await connect(options)
  let last: Promise<unknown> = Promise.resolve()

  const renew = async (): Promise<void> => {
    const next = await connect(options)
    try {
      for (const prepare of preparations) await prepare(next.client)
    } catch (error) {
      await next.close()
      throw error
    }
    current = next
  }
  const units = unitsOf(async <T>(kind: UnitKind, work: Work<T>): Promise<T> => {
    const run = async (): Promise<T> => {
      if (current.isClosed()) await renew()
      const used = current
      try {
        return await used.connection.transaction(kind, work)
      } finally {
        if (used.isClosed() || !used.connection.isIdle()) await used.close()
      }
    }
    const mine = last.then(async () => await repeatedly({ now: Date.now, deadline: Infinity, mayPass }, run))
    last = mine.catch(() => {})
    return await mine
  })
  return {
    ...units,
    get client() {
      return current.client
    },
    async onEachConnection(prepare) {
      if (current.isClosed()) await renew()
      await prepare(current.client)
      preparations.push(prepare)
    },
    close: async () => await current.close(),
  }
}

const mayPass = (error: unknown): boolean => isTransient(error) || codeOf(error) === LOCK_NOT_AVAILABLE

interface Connected {
  readonly client: Client
  readonly connection: OneConnection
  isClosed(): boolean
  /** Closes the connection. Safe to repeat. */
  close(): Promise<void>
}

async function connect({ role, statementTimeoutMs }: AdminOptions): Promise<Connected> {
  const { client, close } = await connectAdmin({
    settings: {
      role,
      statement_timeout: String(statementTimeoutMs),
      lock_timeout: LOCK_TIMEOUT,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT,
    },
    types: textTypes,
  })
  let lost = false
  let closing: Promise<void> | undefined
  client.on('end', () => (lost = true))
  return {
    client,
    connection: onOneConnection(client),
    isClosed: () => lost || closing !== undefined,
    close: async () => await (closing ??= close()),
  }
}
