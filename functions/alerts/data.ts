// The tables that this slice owns, and those that it uses.
import { quota, type SliceData } from '@penstock/shared/base/slice-data.ts'

export const data = {
  owns: {
    alert_rule: { grants: { select: true, insert: true, update: true, delete: true } },
    alert_state: { grants: { select: true, insert: true, update: true } },
    alert_event: {
      grants: {
        select: true,
        insert: true,
        update: [
          'resolved_at',
          'resolution_method',
          'resolved_by',
          'comment',
          'notification_sent',
          'notification_channels',
        ],
      },
      ages: { by: 'resolved_at', days: 400, policy: 'alert_events' },
    },
    notification_channel: {
      grants: { select: true, insert: true, update: true, delete: true },
      secret: ['sealed'],
    },
    notification: {
      grants: {
        select: true,
        insert: true,
        update: ['state', 'attempts', 'next_attempt_at', 'fencing_token', 'sent_at', 'last_error'],
      },
      ages: { by: 'created_at', days: 90, policy: 'notifications' },
    },
  },
  uses: {
    ...quota,
    metric_series: { select: true },
    metric_log: { select: true },
    metric_chunk: { select: true },
    metric_expiry: { select: true },
  },
} as const satisfies SliceData
