// Units of work of a person's commands: on one connection, one after the other, under a role that row security binds.
import type { PenstockDatabase, UnitOptions } from '@penstock/shared/database.ts'
import { backoffMs, codeOf, isTransient } from '@penstock/shared/database-errors.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { Kysely, PostgresDialect, type PostgresPool, sql, type Transaction } from 'kysely'
import { type Client, types } from 'pg'
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
/** Timestamps stay PostgreSQL's text: a Date would lose their microseconds. */
const TEXT_TYPES = new Set<number>([types.builtins.TIMESTAMPTZ, types.builtins.TIMESTAMP, types.builtins.DATE])

/** Connects. @throws {Error} when there is no database to connect to, or it is not migrated. */
export async function openAdminDatabase({ role, statementTimeoutMs }: AdminOptions): Promise<AdminDatabase> {
  const { client, close } = await connectAdmin({
    settings: {
      role,
      statement_timeout: String(statementTimeoutMs),
      lock_timeout: LOCK_TIMEOUT,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT,
    },
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        TEXT_TYPES.has(oid) ? String : types.getTypeParser(oid, format as 'text'),
    },
  })
  const kysely = new Kysely<Database>({ dialect: new PostgresDialect({ pool: poolOf(client) }) })
  let last: Promise<unknown> = Promise.resolve()
  const unit = async <T>(
    tenantId: number | null,
    work: (tx: Transaction<Database>) => Promise<T>,
    options: UnitOptions = {},
  ): Promise<T> => {
    const mine = last.then(async () => await repeatedly(kysely, tenantId, work, options))
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

async function repeatedly<T>(
  kysely: Kysely<Database>,
  tenantId: number | null,
  work: (tx: Transaction<Database>) => Promise<T>,
  { readOnly = false, sharedLock }: UnitOptions,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      const transaction = kysely.transaction()
      return await (readOnly ? transaction.setAccessMode('read only') : transaction).execute(async (tx) => {
        await sql`select set_config('app.tenant_id', ${tenantId === null ? '' : String(tenantId)}, true)`.execute(tx)
        if (sharedLock !== undefined) await sql`select pg_advisory_xact_lock_shared(${sharedLock}::bigint)`.execute(tx)
        return await work(tx)
      })
    } catch (error) {
      const again = isTransient(error) || codeOf(error) === LOCK_NOT_AVAILABLE
      if (!again || attempt >= MAX_ATTEMPTS) throw error
      await new Promise((resolve) => setTimeout(resolve, backoffMs(attempt, Math.random)))
    }
  }
}

/** Kysely's pool of one connection. */
function poolOf(client: Client): PostgresPool {
  const only = {
    query: async (text: string, parameters: readonly unknown[]) => await client.query(text, [...parameters]),
    release: () => {},
  }
  return { options: {}, connect: async () => only, end: async () => {} } as unknown as PostgresPool
}
