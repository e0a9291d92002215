// The tables of limits and of what tenants use.
import type { OwnedTables } from '../base/slice-data.ts'

export const limitTables = {
  quota_window: {},
  usage_day: {},
} as const satisfies OwnedTables
