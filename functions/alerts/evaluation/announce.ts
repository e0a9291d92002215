// Queues what the channels learn about a rule and its event.
import type { NotificationKind } from '@penstock/shared/alerts/state-machine.ts'
import { formatTimestamp, type Micros } from '@penstock/shared/base/time.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { toEvent } from '../history/history.ts'
import { queueNotifications } from './outbox-queries.ts'
import type { EvaluatedRule, StoredEvent } from './state-queries.ts'

export interface News {
  readonly rule: EvaluatedRule
  readonly event: StoredEvent | undefined
  readonly kind: NotificationKind
  readonly at: Micros
  /** True when the rule is flapping after the transition. */
  readonly flapping: boolean
  readonly state: string
}

/** The types of channels that a rule notifies: SMS only when it is critical. */
const typesOf = ({ notification_channels: types, severity }: EvaluatedRule): readonly string[] =>
  severity === 'critical' ? types : types.filter((type) => type !== 'sms')

/** Queues the notifications of a transition, in the transaction that records it. */
export async function announce(tx: Transaction<Database>, { rule, event, ...news }: News): Promise<number> {
  const types = typesOf(rule)
  // Without this, a rule that names SMS alone would notify channels of every type.
  if (types.length === 0 && rule.notification_channels.length > 0) return 0
  return await queueNotifications(tx, {
    tenantId: rule.tenant_id,
    ruleId: rule.id,
    eventId: event?.id ?? null,
    kind: news.kind,
    types,
    channelIds: rule.channel_ids,
    payload: {
      at: formatTimestamp(news.at),
      event: event ? toEvent(event) : null,
      flapping: news.flapping,
      state: news.state,
      rule: {
        id: rule.id,
        name: rule.name,
        service_name: rule.service_name,
        metric_type: rule.metric_type,
        threshold_type: rule.threshold_type,
        threshold_value: rule.threshold_value,
        comparison_operator: rule.comparison_operator,
        severity: rule.severity,
      },
    },
  })
}
