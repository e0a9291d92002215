// The history of events: pages and counts.
import type { AlertEvent, Analytics, EventPage } from '@penstock/shared/alerts/event-schema.ts'
import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { type Clock, DAY, formatTimestamp, type Micros, toWire } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { AnalyticsQuery, HistoryQuery } from '../contract.ts'
import { ownerOf } from '../owner.ts'
import { wireOrNull } from '../wire-rule.ts'
import { type AlertEventRow, countEvents, type EventCount, selectEvents } from './event-queries.ts'

export interface HistoryDeps {
  readonly db: PenstockDatabase
  readonly now: Clock
}

/** Returns a page of the events of the rules that the caller sees, newest first. */
export async function history({ db }: HistoryDeps, caller: TenantPrincipal, query: HistoryQuery): Promise<EventPage> {
  const { page, page_size } = query
  const ask = {
    ...scopeOfEvents(caller, query.service_name, query.start_date?.at, query.end_date?.at),
    severity: query.severity,
    resolved: query.resolved,
    offset: (page - 1) * page_size,
    limit: page_size,
  }
  const { total, rows } = await db.read(ask.tenantId, (tx) => selectEvents(tx, ask), { oneSnapshot: true })
  return { history: rows.map(toEvent), total, page, page_size }
}

const scopeOfEvents = (
  caller: TenantPrincipal,
  serviceName: string | undefined,
  from: Micros | undefined,
  to: Micros | undefined,
) => ({ tenantId: caller.tenant.id, owner: ownerOf(caller), serviceName, from, to })

const DEFAULT_PERIOD = 30 * DAY
const MOST_TYPES = 10

/** Returns counts of the events of a period: in total, by service, by type and by UTC day. Both ends are inclusive. */
export async function analytics(
  { db, now }: HistoryDeps,
  caller: TenantPrincipal,
  query: AnalyticsQuery,
): Promise<Analytics> {
  const end = query.end_date ?? withText(now() * 1_000)
  const start = query.start_date ?? withText(end.at - DEFAULT_PERIOD)
  const scope = scopeOfEvents(caller, query.service_name, start.at, end.at)
  const counts = await db.read(scope.tenantId, (tx) => countEvents(tx, scope))
  const of = (kind: EventCount['kind']) => counts.filter((one) => one.kind === kind)
  const [all] = of('all')
  const days = Math.max(1, Math.floor((end.at - start.at) / DAY))
  const total = all?.total ?? 0
  return {
    period_start: start.sent,
    period_end: end.sent,
    total_alerts: total,
    active_alerts: total - (all?.resolved ?? 0),
    resolved_alerts: all?.resolved ?? 0,
    mean_time_to_resolution_minutes: all?.mean_minutes ?? null,
    alert_frequency_by_service: of('service').map((one) => ({
      service_name: one.service_name ?? '',
      ...severitiesOf(one),
      avg_alerts_per_day: one.total / days,
    })),
    most_common_alert_types: of('type')
      .slice(0, MOST_TYPES)
      .map((one) => ({
        metric_type: one.metric_type ?? '',
        service_name: one.service_name ?? '',
        alert_count: one.total,
        avg_metric_value: one.avg_value,
      })),
    alert_trends: of('day')
      .toSorted((a, b) => ((a.day ?? '') < (b.day ?? '') ? -1 : 1))
      .map((one) => ({ date: one.day ?? '', ...severitiesOf(one) })),
  }
}

const withText = (at: Micros) => ({ at, sent: formatTimestamp(at) })

const severitiesOf = ({ total, critical, warning, info }: EventCount) => ({
  total_alerts: total,
  critical_alerts: critical,
  warning_alerts: warning,
  info_alerts: info,
})

export const toEvent = (row: AlertEventRow): AlertEvent => ({
  id: row.id,
  alert_config_id: row.rule_id,
  group: row.group,
  triggered_at: toWire(row.triggered_at),
  resolved_at: wireOrNull(row.resolved_at),
  severity: row.severity,
  metric_value: row.metric_value,
  threshold_value: row.threshold_value,
  message: row.message,
  notification_sent: row.notification_sent,
  notification_channels: row.notification_channels,
  resolution_method: row.resolution_method,
  resolved_by: row.resolved_by,
  comment: row.comment,
})
