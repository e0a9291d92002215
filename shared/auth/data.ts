// The tables of tenants, their plans, their keys, their quotas and what they use.
import type { OwnedTables } from '../base/slice-data.ts'

export const tenantTables = {
  plan: { tenant: null, audit: {} },
  tenant: {
    tenant: 'id',
    audit: { withheld: ['name'], watched: ['name', 'status', 'plan', 'series_limit', 'ignored_labels'] },
  },
  api_key: {
    secret: ['secret_sha256', 'whole_sha256'],
    audit: {
      id: ['public_id'],
      unwatched: ['last_used_at'],
      verbs: { revoke: 'revoked_at', rotate: 'rotated_at' },
    },
  },
  quota_window: {
    audit: { unaudited: 'Instances take leases here all the time, which change nothing that a person decided.' },
  },
  tenant_quota: {},
  tenant_usage: { triggered: true },
  usage_day: { audit: { unaudited: 'It counts what was used, which requests and their entries already show.' } },
} as const satisfies OwnedTables
