// The table of the reports of instances.
import type { OwnedTables } from '../base/slice-data.ts'

export const reportTables = {
  instance_report: { tenant: null },
} as const satisfies OwnedTables
