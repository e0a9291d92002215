// The tables of tenants, their plans, their keys and their quotas.
import type { OwnedTables } from '../base/slice-data.ts'

export const tenantTables = {
  plan: { tenant: null },
  tenant: { tenant: 'id' },
  api_key: { secret: ['secret_sha256', 'whole_sha256'] },
  tenant_quota: {},
  tenant_usage: { triggered: true },
} as const satisfies OwnedTables
