// The tables of compaction.
import type { OwnedTables } from '../base/slice-data.ts'

export const compactionTables = {
  compaction_lock: {},
  compaction_mark: {},
} as const satisfies OwnedTables
