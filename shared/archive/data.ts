// The tables of objects in storage.
import type { OwnedTables } from '../base/slice-data.ts'

export const archiveTables = {
  archive: {},
  archive_hold: {},
  archive_next: {},
  archiving: {},
} as const satisfies OwnedTables
