// The tables of tenants, their plans, their keys, their quotas and what they use.
import type { OwnedTables } from '../base/slice-data.ts'

export const tenantTables = {
  plan: { tenant: null },
  tenant: { tenant: 'id' },
  api_key: { secret: ['secret_sha256', 'whole_sha256'] },
  quota_window: {},
  tenant_quota: {},
  tenant_usage: { triggered: true },
  usage_day: {},
} as const satisfies OwnedTables
