import type { Generated } from 'kysely'

/** A rule of a tenant: when a series leaves its bounds, and who is notified. */
export interface AlertRuleTable {
  readonly tenant_id: number
  readonly id: Generated<string>
  name: string
  readonly service_name: string
  readonly metric_type: string
  readonly threshold_type: 'absolute' | 'percentage' | 'rate'
  threshold_value: number
  comparison_operator: '>' | '<' | '>=' | '<=' | '=='
  severity: 'info' | 'warning' | 'critical'
  evaluation_window_seconds: number
  notification_channels: ('email' | 'slack' | 'sms' | 'webhook')[]
  channel_ids: string[]
  suppression_enabled: boolean
  suppression_start: string | null
  suppression_end: string | null
  enabled: boolean
  aggregate: 'avg' | 'min' | 'max' | 'sum' | 'count' | 'last'
  unit: string | null
  labels: Record<string, string>
  group_by: string | null
  for_seconds: number
  recover_seconds: number
  recover_value: number | null
  no_data: 'keep' | 'alert' | 'resolve'
  repeat_seconds: number
  readonly created_by: string
  readonly created_at: Generated<string>
  updated_at: Generated<string>
  version: Generated<number>
}

/** The memory of a rule, or of one of its groups, between two evaluations. */
export interface AlertStateTable {
  readonly tenant_id: number
  readonly rule_id: string
  readonly group_key: string
  state: Generated<'normal' | 'pending' | 'firing' | 'recovering'>
  since: string | null
  event_id: string | null
  breached_since: string | null
  cleared_since: string | null
  openings: Generated<string[]>
  flapping: Generated<boolean>
  changed_at: string | null
  notified_at: string | null
  evaluated_at: string | null
  last_error: string | null
}

/** An entry of the history. */
export interface AlertEventTable {
  readonly tenant_id: number
  readonly id: string
  readonly rule_id: string
  readonly group: string | null
  readonly triggered_at: string
  resolved_at: string | null
  readonly severity: 'info' | 'warning' | 'critical'
  readonly metric_value: number | null
  readonly threshold_value: number
  readonly message: string
  notification_sent: Generated<boolean>
  notification_channels: Generated<string[]>
  resolution_method: 'auto' | 'suppressed' | 'manual' | null
  resolved_by: string | null
  comment: string | null
}

/** A channel by which a tenant is notified. Its addresses and secrets are encrypted. */
export interface NotificationChannelTable {
  readonly tenant_id: number
  readonly id: Generated<string>
  readonly type: 'email' | 'slack' | 'sms' | 'webhook'
  name: string
  enabled: Generated<boolean>
  sealed: Buffer
  hint: string
  last_error: string | null
  readonly created_by: string
  readonly created_at: Generated<string>
  updated_at: Generated<string>
  version: Generated<number>
}

/** A notification that waits for its delivery, or was delivered. */
export interface NotificationTable {
  readonly tenant_id: number
  readonly id: string
  readonly rule_id: string | null
  readonly event_id: string | null
  readonly kind: 'triggered' | 'resolved' | 'repeated' | 'flapping' | 'test'
  readonly channel_id: string | null
  readonly channel_type: 'email' | 'slack' | 'sms' | 'webhook'
  readonly sequence: number
  readonly payload: unknown
  state: Generated<'pending' | 'leased' | 'sent' | 'failed'>
  attempts: Generated<number>
  readonly created_at: Generated<string>
  next_attempt_at: Generated<string>
  fencing_token: Generated<string>
  sent_at: string | null
  last_error: string | null
}
