// The tables that this slice owns, and those that it uses.
import { quota, type SliceData } from '@penstock/shared/base/slice-data.ts'

export const data = {
  owns: {
    alert_rule: { grants: { select: true, insert: true, update: true, delete: true } },
    alert_state: {
      grants: { select: true, insert: true, update: true },
      audit: { unaudited: 'The events are the record of what was decided.' },
    },
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
      // The history itself shows the decisions of the evaluator, so only the resolution by a person is recorded.
      audit: { on: ['update'], watched: ['resolved_by'], withheld: ['comment'], verbs: { resolve: 'resolved_by' } },
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
      audit: { unaudited: 'Notifications follow from events and channels.' },
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
