// What is erased, from where, and the proof of it.
import type { ArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import type { AdminDatabase } from '../../database/admin-database.ts'

/** The database is that of a session of the tables' owner, whom row security shows the rows of one tenant at a time. */
export interface EraseDeps {
  readonly db: AdminDatabase
  readonly store: ArchiveStore
  readonly tenant: { readonly id: number; readonly name: string }
  /** To be called between steps, so that nobody takes the run for dead. */
  readonly renew: () => Promise<void>
}

/** A place that was searched. */
export interface Place {
  readonly place: string
  /** Rows, points or objects that were erased by this call. */
  readonly erased: number
  /** Found when it was searched again afterwards: nothing, when all went well. */
  readonly remains: number
}

/** What may not be erased. */
export class Held extends Error {}
