// The tables of tenants, their keys and their quotas.
import type { OwnedTables } from '../base/slice-data.ts'

export const tenantTables = {
  tenant: {
    tenant: 'id',
    audit: { withheld: ['name'], watched: ['name', 'status', 'series_limit', 'ignored_labels'] },
  },
  api_key: { secret: ['secret_sha256'], audit: { unwatched: ['last_used_at'], verbs: { revoke: 'revoked_at' } } },
  tenant_quota: {},
  tenant_usage: { triggered: true },
} as const satisfies OwnedTables
