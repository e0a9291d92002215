import type { Generated } from 'kysely'

/** The columns that the trigger `stamp_row()` writes, and the marks of a deleted row. */
export interface Stamps {
  readonly created_at: Generated<string>
  readonly created_by: Generated<string>
  /** Increases with each change. */
  readonly updated_at: Generated<string>
  readonly updated_by: Generated<string>
  readonly version: Generated<number>
  deleted_at: string | null
  deleted_by: string | null
}
