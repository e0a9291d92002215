// The content of a notification as it is stored with it: everything that is sent, so that each attempt sends the same.
import type { AlertEvent } from '@penstock/shared/alerts/event-schema.ts'
import type { Rule } from './contract.ts'

export interface Payload {
  /** The instant of the transition, in RFC 3339. */
  readonly at: string
  /** Null for news that concern no event. */
  readonly event: AlertEvent | null
  readonly flapping: boolean
  readonly state: string
  readonly rule: NotifiedRule
}

/** The fields of a rule that receivers get. */
export type NotifiedRule = Pick<
  Rule,
  | 'id'
  | 'name'
  | 'service_name'
  | 'metric_type'
  | 'threshold_type'
  | 'threshold_value'
  | 'comparison_operator'
  | 'severity'
>
