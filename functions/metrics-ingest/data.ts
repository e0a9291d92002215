// The tables that this slice owns, and those that it uses.
import { idempotency, quota, type SliceData, storesPoints } from '@penstock/shared/base/slice-data.ts'

export const data = {
  owns: {
    stamp_minute: { grants: { select: true, insert: true, update: ['slots'], delete: true }, tenant: null },
    // Only pushes leave dead letters.
    dead_letter: {
      grants: {},
      audit: storesPoints,
      ages: { by: 'received_at', days: 90, policy: 'dead_letters', order: 'id' },
    },
  },
  uses: {
    tenant: { select: true, update: ['series_count', 'series_made'] },
    metric_series: { select: true, insert: true, update: ['active'] },
    metric_log: { insert: ['tenant_id', 'block', 'first_ts', 'last_ts', 'n', 'series', 'ts', 'value'] },
    metric_expiry: { select: true },
    ...idempotency,
    ...quota,
  },
  entries: { push: { dead_letter: { insert: true } } },
} as const satisfies SliceData
