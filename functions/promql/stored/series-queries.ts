// The slice's statements. Each one names the tenant, as a second guard in addition to row security.

import type { Micros } from '@penstock/shared/base/time.ts'
import { instant, numbers } from '@penstock/shared/database/sql-values.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { type RawBuilder, sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

/** A rule that series have to fit: a name in any of these forms where characters outside of Prometheus' alphabet are underscores, a job, or a label. */
export type SeriesRule =
  | { readonly kind: 'name'; readonly name: string; readonly forms: readonly string[] }
  | { readonly kind: 'job'; readonly name: string }
  | { readonly kind: 'label'; readonly name: string; readonly value: string }

export interface NamedRow {
  readonly id: number
  readonly block: number
  readonly service_name: string
  readonly metric_type: string
  readonly unit: string
  /** Text of each of its labels; null for a label that has no text. */
  readonly texts: Readonly<Record<string, string | null>> | null
  /** Always true without a range. It ignores points in the log, which `selectLogged` reads. */
  readonly is_in_range: boolean
}

/** Both ends are inclusive. */
export interface TimeRange {
  readonly from: Micros
  readonly to: Micros
}

export interface SeriesPage {
  readonly tenantId: number
  readonly rules: readonly SeriesRule[]
  /** Only series with ids above this one are returned. */
  readonly after: number
  readonly during: TimeRange | undefined
}

/** Returns series that fit all rules, those with the lowest ids first, at most `limit`. */
export async function selectSeriesPage(
  tx: Tx,
  { tenantId, rules, after, during }: SeriesPage,
  limit: number,
): Promise<readonly NamedRow[]> {
  const { rows } = await sql<NamedRow>`
    select s.id, s.block, s.service_name, s.metric_type, s.unit, ${during ? hasPoints(tenantId, during) : sql`true`} as is_in_range,
      (select json_object_agg(l.key, l.value) from jsonb_each_text(s.labels) l) as texts
    from metric_series s
    where s.tenant_id = ${tenantId}::int and s.id > ${after}::int ${rules.length > 0 ? sql.join(rules.map(ruleOf), sql` `) : sql``}
    order by s.id limit ${limit}::int`.execute(tx)
  return rows
}

/** The span from the first to the last point of the chunks and objects overlaps the range. */
const hasPoints = (tenantId: number, { from, to }: TimeRange): RawBuilder<unknown> => sql`exists (
  select from metric_series_span p where p.tenant_id = ${tenantId}::int and p.series_id = s.id
    and p.first_ts <= ${instant(to)} and p.last_ts >= ${instant(from)}
)`

/** Returns the series with points of a range in the log. */
export async function selectLogged(tx: Tx, tenantId: number, { from, to }: TimeRange): Promise<ReadonlySet<number>> {
  const { rows } = await sql<{ ids: readonly number[] | null }>`
    select array_agg(distinct p.series_id) as ids
    from metric_log l cross join lateral unnest(l.series, l.ts) as p (series_id, ts)
    where l.tenant_id = ${tenantId}::int and l.last_ts >= ${instant(from)} and l.first_ts <= ${instant(to)}
      and l.last_ts >= coalesce((select before from metric_expiry where tenant_id = ${tenantId}::int), '-infinity')
      and p.ts >= ${instant(from)} and p.ts <= ${instant(to)}`.execute(tx)
  return new Set(rows[0]?.ids ?? [])
}

function ruleOf(rule: SeriesRule): RawBuilder<unknown> {
  if (rule.kind === 'job') return sql`and s.service_name = ${rule.name}::text`
  if (rule.kind === 'label') return sql`and s.labels ->> ${rule.name}::text = ${rule.value}::text`
  if (rule.forms.length === 0) return sql`and s.metric_type = ${rule.name}::text`
  return sql`and (s.metric_type = ${rule.name}::text or (s.metric_type ~ '[^A-Za-z0-9_:]|^[0-9]'
    and regexp_replace(s.metric_type, '[^A-Za-z0-9_:]', '_', 'g') = any(${[...rule.forms]}::text[])))`
}

/** Returns about how many points the chunks of some series have in a range, as if a chunk's points were evenly spread. It reads no point. */
export async function countChunked(
  tx: Tx,
  tenantId: number,
  series: readonly { readonly id: number }[],
  { from, to }: TimeRange,
): Promise<number> {
  const seconds = (span: RawBuilder<unknown>) => sql`extract(epoch from ${span})`
  const inRange = seconds(sql`least(last_ts, ${instant(to)}) - greatest(first_ts, ${instant(from)})`)
  const { rows } = await sql<{ points: number }>`
    select coalesce(sum(case when last_ts > first_ts then n * ${inRange} / ${seconds(sql`last_ts - first_ts`)} else n end), 0)::float8 as points
    from metric_chunk
    where tenant_id = ${tenantId}::int and series_id = any(${numbers(series.map(({ id }) => id))}::int[])
      and last_ts >= ${instant(from)} and first_ts <= ${instant(to)}`.execute(tx)
  return rows[0]?.points ?? 0
}

/** The name and unit of a metric. */
export interface MetricUnit {
  readonly metric_type: string
  readonly unit: string
}

/** Returns the metrics of a tenant with their units, at most `most`, or those that a rule selects. */
export async function listMetrics(
  tx: Tx,
  tenantId: number,
  called: SeriesRule | undefined,
  most: number,
): Promise<readonly MetricUnit[]> {
  const { rows } = await sql<MetricUnit>`
    select distinct s.metric_type, s.unit from metric_series s
    where s.tenant_id = ${tenantId}::int ${called ? ruleOf(called) : sql``}
    order by s.metric_type, s.unit limit ${most}::int`.execute(tx)
  return rows
}
