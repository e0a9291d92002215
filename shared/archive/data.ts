// The tables of objects in storage.
import { type OwnedTables, stateOfJobs } from '../base/slice-data.ts'

export const archiveTables = {
  archive: { audit: stateOfJobs },
  archive_hold: { audit: { verbs: { release: 'released_at' } } },
  archive_next: { audit: stateOfJobs },
  archiving: { audit: stateOfJobs },
} as const satisfies OwnedTables
