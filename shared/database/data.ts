// The tables of administration.
import type { OwnedTables } from '../base/slice-data.ts'

export const adminTables = {
  import_progress: {},
  role_baseline: { tenant: null },
  schema_migration: { tenant: null },
} as const satisfies OwnedTables
