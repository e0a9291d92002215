// The table of what instances report about themselves.
import type { OwnedTables } from '../base/slice-data.ts'

export const reportTables = {
  instance_report: { tenant: null },
} as const satisfies OwnedTables
