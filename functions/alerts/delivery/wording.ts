// The words of a notification, for every type of channel.
import { MINUTE, parseTimestamp, SECOND } from '@penstock/shared/base/time.ts'
import type { Payload } from '../payload.ts'

/** The colours of the severities. */
const colours = { critical: '#ff0000', warning: '#ff9900', info: '#36a64f' } as const
/** The colour of a resolution and of a test. */
const CALM = '#36a64f'

export type Kind = 'triggered' | 'resolved' | 'repeated' | 'flapping' | 'test'

/** A notification in words. */
export interface Wording {
  /** Such as `[CRITICAL] Too hot: pump-1 temperature`. One line. */
  readonly title: string
  /** One line that says everything. */
  readonly message: string
  readonly colour: string
  readonly badge: string
  /** Names and values, in order. */
  readonly facts: readonly (readonly [name: string, value: string])[]
}

/** Control characters and line ends would break a subject or a text message. */
const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()

const number = (value: number | null): string => (value === null ? 'no data' : value.toFixed(2))

/** Puts a notification into words. */
export function wordingOf(kind: Kind, payload: Payload | undefined, channelName: string): Wording {
  if (payload === undefined || kind === 'test')
    return {
      title: oneLine(`[TEST] Penstock: ${channelName}`),
      message: 'This is a test. The channel works.',
      colour: CALM,
      badge: 'TEST',
      facts: [['Channel', oneLine(channelName)]],
    }
  const { event, rule } = payload
  const badge = badgeOf(kind, payload)
  return {
    title: oneLine(`[${badge}] ${rule.name}: ${rule.service_name} ${rule.metric_type}`),
    message: oneLine(messageOf(kind, payload)),
    colour: isOver(kind, payload) ? CALM : colours[rule.severity],
    badge,
    facts: [
      ['Rule', oneLine(rule.name)],
      ['Severity', rule.severity.toUpperCase()],
      ['Service', oneLine(rule.service_name)],
      ['Metric', oneLine(rule.metric_type)],
      ...(event && event.group !== null ? [['Group', oneLine(event.group)] as const] : []),
      ['Current Value', number(event?.metric_value ?? null)],
      ['Threshold', `${rule.comparison_operator} ${number(event?.threshold_value ?? rule.threshold_value)}`],
      ...(event ? [['Triggered', event.triggered_at] as const] : []),
      ...durationOf(event),
    ],
  }
}

const isOver = (kind: Kind, { state, flapping }: Payload): boolean =>
  kind === 'resolved' || (kind === 'flapping' && !flapping && (state === 'normal' || state === 'pending'))

function badgeOf(kind: Kind, payload: Payload): string {
  if (kind === 'resolved') return 'RESOLVED'
  if (kind === 'flapping') return payload.flapping ? 'FLAPPING' : isOver(kind, payload) ? 'RESOLVED' : 'STEADY'
  return payload.rule.severity.toUpperCase()
}

function messageOf(kind: Kind, payload: Payload): string {
  const { event, rule, flapping } = payload
  const name = `${rule.service_name} - ${rule.metric_type}`
  if (kind === 'resolved') return `RESOLVED: ${event?.message ?? name}`
  if (kind === 'repeated') return `Still open: ${event?.message ?? name}`
  if (kind === 'triggered') return event?.message ?? name
  if (flapping)
    return `${name}: the rule opened five events within an hour. Openings and resolutions are recorded and not sent until nothing has changed for 30 minutes.`
  return `${name}: the rule is steady again, and ${isOver(kind, payload) ? 'back in range' : 'its event is open'}.`
}

function durationOf(event: Payload['event']): readonly (readonly [string, string])[] {
  if (!event?.resolved_at) return []
  const us = (parseTimestamp(event.resolved_at) ?? 0) - (parseTimestamp(event.triggered_at) ?? 0)
  return [
    ['Resolved', event.resolved_at],
    ['Duration', us < MINUTE ? `${Math.round(us / SECOND)} s` : `${Math.round(us / MINUTE)} min`],
  ]
}
