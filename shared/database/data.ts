// The tables of administration.
import type { OwnedTables } from '../base/slice-data.ts'

export const adminTables = {
  import_progress: { audit: { unaudited: 'The imported points are the record of what was imported.' } },
  role_baseline: { tenant: null },
  schema_migration: { tenant: null },
} as const satisfies OwnedTables
