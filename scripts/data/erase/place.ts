// The dependencies of an erasure, and the result for each place that it searches.
import type { ArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import type { AdminDatabase } from '../../database/admin-database.ts'

/** The database is a session of the tables' owner, to which row security shows one tenant's rows at a time. */
export interface EraseDeps {
  readonly db: AdminDatabase
  readonly store: ArchiveStore
  readonly tenant: { readonly id: number; readonly name: string }
  /** Renews the run's lease; call it between steps. */
  readonly renew: () => Promise<void>
}

/** A place that was searched. */
export interface Place {
  readonly place: string
  /** Rows, points or objects that were erased by this call. */
  readonly erased: number
  /** Number found by another search afterwards; 0 when everything was erased. */
  readonly remains: number
}

/** The error for data that may not be erased. */
export class Held extends Error {}
