// Units of work: transactions that read or write, as one tenant or without a tenant.
import type { Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'

export type Work<T> = (tx: Transaction<Database>) => Promise<T>

export interface UnitOptions {
  /** Milliseconds since 1970. The default is the request's deadline, or 30 s from now outside a request. */
  readonly deadline?: number
  /** The server cancels each statement after this many milliseconds. The default is the role's limit. Fractions count as whole ones. */
  readonly statementMs?: number
  /**
   * Advisory lock, taken in shared mode and held until the transaction ends. The round trip that begins the transaction takes it in a separate
   * statement, so the snapshots of the unit's statements are all taken after the lock.
   */
  readonly sharedLock?: number
}

export interface ReadOptions extends UnitOptions {
  /** True when all statements of the unit read one snapshot. A write cannot have it, because one based on an old snapshot might be wrong. */
  readonly oneSnapshot?: boolean
}

/**
 * Runs units of work. Each may run more than once: transient failures of a whole unit are retried with back-off, even when it is unknown
 * whether the commit happened. So write a unit to be repeatable, and change no memory before it has returned.
 */
export interface Units {
  /** Reads as a tenant: row security shows only this tenant's rows, and a statement that writes fails. */
  read<T>(tenantId: number, work: Work<T>, options?: ReadOptions): Promise<T>
  /** Writes as a tenant: row security shows and accepts only this tenant's rows. */
  write<T>(tenantId: number, work: Work<T>, options?: UnitOptions): Promise<T>
  /** Reads without a tenant: for maintenance roles, and for questions that come before a tenant is known. A statement that writes fails. */
  readAll<T>(work: Work<T>, options?: ReadOptions): Promise<T>
  /** Writes without a tenant: for maintenance roles, and for questions that come before a tenant is known. */
  writeAll<T>(work: Work<T>, options?: UnitOptions): Promise<T>
}

/** The options of a unit, including those that are implied by which of the four methods runs it. */
export interface UnitKind extends ReadOptions {
  readonly tenantId: number | null
  readonly readOnly: boolean
}

export type RunUnit = <T>(kind: UnitKind, work: Work<T>) => Promise<T>

/** Makes the four methods from one function that runs a unit. */
export const unitsOf = (run: RunUnit): Units => ({
  read: async (tenantId, work, options) => await run({ ...options, tenantId, readOnly: true }, work),
  write: async (tenantId, work, options) => await run({ ...options, tenantId, readOnly: false }, work),
  readAll: async (work, options) => await run({ ...options, tenantId: null, readOnly: true }, work),
  writeAll: async (work, options) => await run({ ...options, tenantId: null, readOnly: false }, work),
})

/** Returns the same database, whose units all run through `around`. Its `run` runs a unit on the database itself. */
export function aroundUnits<Db extends Units>(
  db: Db,
  around: <T>(run: (work: Work<T>) => Promise<T>, work: Work<T>, kind: UnitKind) => Promise<T>,
): Db {
  const units = unitsOf(async (kind, work) => await around(async (inner) => await runOn(db, kind, inner), work, kind))
  return { ...db, ...units }
}

async function runOn<T>(db: Units, { tenantId, readOnly, ...options }: UnitKind, work: Work<T>): Promise<T> {
  if (tenantId === null) return readOnly ? await db.readAll(work, options) : await db.writeAll(work, options)
  return readOnly ? await db.read(tenantId, work, options) : await db.write(tenantId, work, options)
}
