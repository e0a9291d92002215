// The tables that this slice owns, and those that it uses.
import { idempotency, quota, type SliceData } from '@penstock/shared/base/slice-data.ts'

/** Rows that people write and delete; retention removes them some time after their deletion. */
const owned = {
  grants: { select: true, insert: true, update: true },
  ages: { by: 'deleted_at', days: 30, policy: 'deleted_rows', setting: 'DELETED_ROW_DAYS' },
} as const

export const data = {
  owns: {
    carbon_organization: owned,
    carbon_zone: owned,
    carbon_camera: owned,
    carbon_alert: owned,
    carbon_notification: owned,
    carbon_ledger: {
      grants: { select: true, insert: true, update: ['logs', 'saved', 'recent', 'last_at'] },
      audit: { unaudited: 'Its sums are those of the points that detections leave.' },
    },
  },
  uses: {
    tenant: { select: true, update: ['series_count', 'series_made'] },
    metric_series: { select: true, insert: true, update: ['active'] },
    metric_log: { select: true, insert: ['tenant_id', 'block', 'first_ts', 'last_ts', 'n', 'series', 'ts', 'value'] },
    metric_chunk: { select: true },
    metric_expiry: { select: true },
    archive: { select: true },
    ...idempotency,
    ...quota,
  },
} as const satisfies SliceData
