// The connection helper: the only file that knows pg.
import type { Transaction } from 'kysely'
import type { Database } from './schema/index.ts'

export interface UnitOptions {
  /** The unit only reads: `begin read only`. */
  readonly readOnly?: boolean
  /** Milliseconds since 1970; default the request's deadline, else 30 s from now. */
  readonly deadline?: number
}

/** Units of work on the database. Each may be run more than once: transient failures of a whole unit are retried with back-off. */
export interface PenstockDatabase {
  /** Runs a unit of work as a tenant: row security shows and takes this tenant's rows alone. */
  inTenant<T>(tenantId: number, work: (tx: Transaction<Database>) => Promise<T>, options?: UnitOptions): Promise<T>
  /** Runs a unit of work without a tenant: for maintenance roles, and for the questions that come before a tenant is known. */
  inTransaction<T>(work: (tx: Transaction<Database>) => Promise<T>, options?: UnitOptions): Promise<T>
  /** Whether the database answers; remembered for 2 s, and never waits for a connection that others use. */
  isHealthy(): Promise<boolean>
  /** Waits for units in flight, then closes every connection. */
  close(): Promise<void>
}
