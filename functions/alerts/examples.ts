// Valid requests of alerts, and rows of its tables.
import { type Examples, type MakeRows, scheduledAt } from '@penstock/shared/base/examples.ts'
import type { routes } from './contract.ts'

const ids = {
  read: '0a111111-0000-4000-8000-000000000001',
  removed: '0a222222-0000-4000-8000-000000000002',
  open: '0a333333-0000-4000-8000-000000000003',
  resolved: '0a444444-0000-4000-8000-000000000004',
  channel: '0a555555-0000-4000-8000-000000000005',
  notification: '0a666666-0000-4000-8000-000000000006',
  removedChannel: '0a888888-0000-4000-8000-000000000008',
  person: '0a777777-0000-4000-8000-000000000007',
} as const

const newRule = {
  name: 'Pressure too high',
  service_name: 'pump-1',
  metric_type: 'pressure',
  threshold_type: 'absolute',
  threshold_value: 80,
  comparison_operator: '>',
  severity: 'warning',
}

export const requests: Examples<typeof routes> = {
  create: [
    ({ planted }) => ({ json: { ...newRule, name: planted } }),
    () => ({
      json: {
        ...newRule,
        threshold_type: 'rate',
        severity: 'critical',
        evaluation_window_seconds: 600,
        notification_channels: ['email', 'webhook'],
        suppression_enabled: true,
        suppression_start: '2026-11-20T10:00:00+01:00',
        suppression_end: '2026-11-20T12:00:00',
        aggregate: 'max',
        labels: { room: '2' },
        group_by: 'room',
        for_seconds: 300,
        no_data: 'alert',
      },
    }),
  ],
  list: [
    () => ({}),
    () => ({
      query: [
        ['enabled', 'true'],
        ['severity', 'warning'],
        ['page', '1'],
        ['page_size', '2'],
      ],
    }),
  ],
  rule: [() => ({ parameters: { id: ids.read } })],
  change: [(_, chance) => ({ parameters: { id: ids.read }, json: { threshold_value: 1 + chance.below(100) } })],
  remove: [() => ({ parameters: { id: ids.removed } })],
  history: [
    () => ({}),
    () => ({
      query: [
        ['resolved', 'true'],
        ['start_date', '2020-01-01T00:00:00'],
        ['service_name', 'pump-1'],
      ],
    }),
  ],
  analytics: [() => ({}), () => ({ query: [['start_date', '2020-01-01T00:00:00']] })],
  resolve: [() => ({ parameters: { id: ids.open }, json: { comment: 'the valve was open' } })],
  channels: [() => ({})],
  createChannel: [
    ({ planted }) => ({ json: { type: 'webhook', name: planted, url: 'https://hooks.example.com/alerts' } }),
  ],
  changeChannel: [
    () => ({ parameters: { id: ids.channel }, json: { name: 'the night shift' } }),
    () => ({ parameters: { id: ids.channel }, json: { enabled: false } }),
  ],
  removeChannel: [() => ({ parameters: { id: ids.removedChannel } })],
  testChannel: [() => ({ parameters: { id: ids.channel } })],
  notifications: [
    () => ({}),
    () => ({
      query: [
        ['event_id', ids.resolved],
        ['state', 'sent'],
        ['limit', '5'],
      ],
    }),
  ],
  evaluate: [() => ({}), scheduledAt('alerts')],
}

const channels = [
  { id: ids.channel, type: 'webhook', name: 'hook', hint: 'example.com …abcd' },
  { id: ids.removedChannel, type: 'sms', name: 'an old telephone', hint: 'example.com …0100' },
].map((channel) => ({ ...channel, sealed: '\\x00', created_by: ids.person }))

export const rows: MakeRows = (_, { monthMs }) => {
  const at = new Intl.DateTimeFormat('sv-SE', { timeZone: 'UTC', dateStyle: 'short' }).format(monthMs)
  const event = { rule_id: ids.read, triggered_at: at, severity: 'warning', metric_value: 81, threshold_value: 80 }
  return {
    alert_rule: [
      { ...newRule, id: ids.read, created_by: ids.person },
      { ...newRule, id: ids.removed, created_by: ids.person, enabled: false },
    ],
    alert_state: [
      { rule_id: ids.read, group_key: '', state: 'firing', event_id: ids.open, since: at, breached_since: at },
    ],
    alert_event: [
      { ...event, id: ids.open, message: 'pump-1 - pressure: 81.00 > 80.00' },
      {
        ...event,
        id: ids.resolved,
        message: 'pump-1 - pressure: 82.00 > 80.00',
        resolved_at: at,
        resolution_method: 'auto',
      },
    ],
    notification_channel: channels,
    notification: [
      {
        id: ids.notification,
        rule_id: ids.read,
        event_id: ids.resolved,
        kind: 'triggered',
        channel_id: ids.channel,
        channel_type: 'webhook',
        sequence: 1,
        payload: {},
        state: 'sent',
        sent_at: at,
      },
    ],
  }
}
