// The tables of compaction.
import { type OwnedTables, stateOfJobs } from '../base/slice-data.ts'

export const compactionTables = {
  compaction_lock: { audit: stateOfJobs },
  compaction_mark: { audit: stateOfJobs },
} as const satisfies OwnedTables
