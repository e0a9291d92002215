// The statements on the history of events. Each one names the tenant, as a second guard in addition to row security.
import type { Micros } from '@penstock/shared/base/time.ts'
import { instant } from '@penstock/shared/database/sql-values.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { type RawBuilder, type Selectable, sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

export type AlertEventRow = Selectable<Database['alert_event']>

/** The events that a caller may see, of rules of the tenant or of one owner, within a period. */
export interface EventScope {
  readonly tenantId: number
  readonly owner: string | undefined
  readonly serviceName: string | undefined
  readonly from: Micros | undefined
  readonly to: Micros | undefined
}

export interface EventPageAsk extends EventScope {
  readonly severity: AlertEventRow['severity'] | undefined
  readonly resolved: boolean | undefined
  readonly offset: number
  readonly limit: number
}

/** Selects a page of events, newest first, and the number of all that match. */
export async function selectEvents(
  tx: Tx,
  ask: EventPageAsk,
): Promise<{ readonly total: number; readonly rows: readonly AlertEventRow[] }> {
  const conditions = [...conditionsOf(ask)]
  if (ask.severity !== undefined) conditions.push(sql`e.severity = ${ask.severity}::text`)
  if (ask.resolved !== undefined) conditions.push(sql`(e.resolved_at is not null) = ${ask.resolved}::boolean`)
  const matching = sql`from alert_event e ${ofRules(ask)} where ${sql.join(conditions, sql` and `)}`
  const counted = await sql<{ total: number }>`select count(*)::int as total ${matching}`.execute(tx)
  const { rows } = await sql<AlertEventRow>`
    select e.* ${matching} order by e.triggered_at desc, e.id desc offset ${ask.offset}::bigint limit ${ask.limit}::int`.execute(
    tx,
  )
  return { total: counted.rows[0]?.total ?? 0, rows }
}

function conditionsOf({ tenantId, owner, serviceName, from, to }: EventScope): readonly RawBuilder<unknown>[] {
  return [
    sql`e.tenant_id = ${tenantId}::int`,
    ...(from === undefined ? [] : [sql`e.triggered_at >= ${instant(from)}`]),
    ...(to === undefined ? [] : [sql`e.triggered_at <= ${instant(to)}`]),
    ...(owner === undefined ? [] : [sql`r.created_by = ${owner}::uuid`]),
    ...(serviceName === undefined ? [] : [sql`r.service_name = ${serviceName}::text`]),
  ]
}

/** Joins the rules where a condition needs them. */
const ofRules = ({ owner, serviceName }: Pick<EventScope, 'owner' | 'serviceName'>): RawBuilder<unknown> =>
  owner === undefined && serviceName === undefined
    ? sql``
    : sql`join alert_rule r on r.tenant_id = e.tenant_id and r.id = e.rule_id`

/** A count of events: all of them, of a service, of a type of a service, or of a day. */
export interface EventCount {
  readonly kind: 'all' | 'service' | 'type' | 'day'
  readonly service_name: string | null
  readonly metric_type: string | null
  /** In the form `2026-11-30`. */
  readonly day: string | null
  readonly total: number
  readonly resolved: number
  readonly critical: number
  readonly warning: number
  readonly info: number
  readonly avg_value: number | null
  /** Null when none is resolved. */
  readonly mean_minutes: number | null
}

/** Counts the events of a period in every way at once, in one pass over them. */
export async function countEvents(tx: Tx, scope: EventScope): Promise<readonly EventCount[]> {
  const { rows } = await sql<EventCount>`
    with by_rule as materialized (
      select e.rule_id, date_trunc('day', e.triggered_at, 'UTC') as day, count(*) as total, count(e.resolved_at) as resolved,
        sum(date_part('epoch', e.resolved_at - e.triggered_at)) / 60 as minutes,
        count(*) filter (where e.severity = 'critical') as critical, count(*) filter (where e.severity = 'warning') as warning,
        sum(e.metric_value) as value, count(e.metric_value) as valued
      from alert_event e ${ofRules(scope)} where ${sql.join(conditionsOf(scope), sql` and `)} group by 1, 2
    )
    select case when grouping(r.service_name, b.day) = 3 then 'all' when grouping(b.day) = 0 then 'day'
        when grouping(r.metric_type) = 0 then 'type' else 'service' end as kind,
      r.service_name, r.metric_type, (b.day at time zone 'UTC')::date::text as day,
      sum(b.total)::float8 as total, sum(b.resolved)::float8 as resolved, sum(b.critical)::float8 as critical,
      sum(b.warning)::float8 as warning, sum(b.total - b.critical - b.warning)::float8 as info,
      sum(b.value) / nullif(sum(b.valued), 0)::float8 as avg_value,
      sum(b.minutes) / nullif(sum(b.resolved), 0)::float8 as mean_minutes
    from by_rule b join alert_rule r on r.tenant_id = ${scope.tenantId}::int and r.id = b.rule_id
    group by grouping sets ((), (r.service_name), (r.service_name, r.metric_type), (b.day))
    order by total desc, r.service_name, r.metric_type, b.day`.execute(tx)
  return rows
}

/** The rule of an event, whose state a resolution locks. */
export interface EventPlace {
  readonly rule_id: string
}

/** Finds an event of the rules that a caller may see. */
export async function selectEventPlace(
  tx: Tx,
  { tenantId, owner }: Pick<EventScope, 'tenantId' | 'owner'>,
  id: string,
): Promise<EventPlace | undefined> {
  const scope = { tenantId, owner, serviceName: undefined, from: undefined, to: undefined }
  const { rows } = await sql<EventPlace>`
    select e.rule_id from alert_event e ${ofRules(scope)}
    where ${sql.join(conditionsOf(scope), sql` and `)} and e.id = ${id}::uuid`.execute(tx)
  return rows[0]
}

/** The resolution of an event by a person. */
export interface ResolutionByHand {
  readonly tenantId: number
  readonly id: string
  readonly at: Micros
  readonly by: string
  readonly comment: string | null
}

/** Resolves an open event. Returns undefined when another call resolved it before. Safe to repeat with the same arguments. */
export async function resolveByHand(
  tx: Tx,
  { tenantId, id, at, by, comment }: ResolutionByHand,
): Promise<AlertEventRow | undefined> {
  const { rows } = await sql<AlertEventRow>`
    update alert_event set resolved_at = greatest(${instant(at)}, triggered_at), resolution_method = 'manual',
      resolved_by = ${by}::text, comment = ${comment}::text
    where tenant_id = ${tenantId}::int and id = ${id}::uuid
      and (resolved_at is null or resolved_by = ${by}::text and resolved_at = greatest(${instant(at)}, triggered_at))
    returning *`.execute(tx)
  return rows[0]
}
