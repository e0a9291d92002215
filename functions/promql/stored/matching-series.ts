// The statements that find series and count their points. Each one names the tenant, as a second guard in addition to row security.

import { instant, numbers } from '@penstock/shared/database/sql-values.ts'
import type { TimeRange } from '@penstock/shared/points/stored-rows.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { Labels } from '../columns/labels.ts'
import { NAME_LABEL, type VectorSelector } from '../syntax/ast.ts'
import { QueryError } from '../syntax/query-error.ts'
import { fits, labelsOf, metricName, type QuotedNames, type StoredNames } from './naming.ts'

type Tx = Transaction<Database>

/** A stored series with its labels. */
export interface FoundSeries {
  readonly id: number
  readonly block: number
  readonly labels: Labels
}

/** Series that are read with one statement. */
const PAGE = 5_000

/** Asks for the series of a selector; without one, all series of the tenant match. */
export interface SeriesQuestion {
  readonly tenantId: number
  readonly selector: VectorSelector | undefined
  readonly quoted: QuotedNames
}

/** Calls for each matching series by id, until `visit` returns false. */
export async function eachMatching(
  tx: Tx,
  { tenantId, selector, quoted }: SeriesQuestion,
  visit: (series: FoundSeries) => boolean,
): Promise<void> {
  for (let after = 0, length = PAGE; length === PAGE; ) {
    const { rows } = await sql<StoredNames & { id: number; block: number }>`
      select s.id, s.block, s.service_name, s.metric_type, s.unit,
        (select json_object_agg(l.key, l.value) from jsonb_each_text(s.labels) l) as texts
      from metric_series s
      where s.tenant_id = ${tenantId}::int and s.id > ${after}::int ${conditions(selector)}
      order by s.id limit ${PAGE}::int`.execute(tx)
    for (const row of rows) {
      const labels = labelsOf(row, quoted)
      if (selector && !fits(selector, row, labels)) continue
      if (!visit({ id: row.id, block: row.block, labels })) return
    }
    length = rows.length
    after = rows.at(-1)?.id ?? 0
  }
}

/** Returns the series of a selector by id. @throws {QueryError} when there are more than `most`. */
export async function findMatching(tx: Tx, question: SeriesQuestion, most: number): Promise<readonly FoundSeries[]> {
  const found: FoundSeries[] = []
  await eachMatching(tx, question, (series) => found.push(series) <= most)
  if (found.length <= most) return found
  throw new QueryError('execution', `a selector matches more than ${most} series; add label matchers`)
}

/** Leaves out series that cannot fit. The matchers decide about the others. */
function conditions(selector: VectorSelector | undefined): RawBuilder<unknown> {
  const rules: RawBuilder<unknown>[] = []
  for (const { name, operator, value } of selector?.matchers ?? []) {
    if (operator !== '=' || value === '') continue
    if (name === NAME_LABEL) rules.push(isCalled(value))
    else if (name === 'job') rules.push(sql`and s.service_name = ${value}::text`)
    // A label with an underscore may be stored under a name with another character in its place.
    else if (name !== 'unit' && !name.includes('_')) rules.push(sql`and s.labels ->> ${name}::text = ${value}::text`)
  }
  return sql.join(rules, sql` `)
}

/** Selects metrics with this name in either form. */
function isCalled(name: string): RawBuilder<unknown> {
  if (metricName(name) !== name || !name.includes('_')) return sql`and s.metric_type = ${name}::text`
  const forms = /^_\d/.test(name) ? [name, name.slice(1)] : [name]
  return sql`and (s.metric_type = ${name}::text
    or (s.metric_type ~ '[^A-Za-z0-9_:]|^[0-9]' and regexp_replace(s.metric_type, '[^A-Za-z0-9_:]', '_', 'g') = any(${forms}::text[])))`
}

/** Returns about how many points the chunks of some series have in a range, as if a chunk's points were evenly spread. It reads no point. */
export async function countChunked(
  tx: Tx,
  tenantId: number,
  series: readonly Pick<FoundSeries, 'id'>[],
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

/** Returns the metrics of a tenant with their units, at most `most`, or those with a name in either form. */
export async function listMetrics(
  tx: Tx,
  tenantId: number,
  name: string | undefined,
  most: number,
): Promise<readonly MetricUnit[]> {
  const { rows } = await sql<MetricUnit>`
    select distinct s.metric_type, s.unit from metric_series s
    where s.tenant_id = ${tenantId}::int ${name === undefined ? sql`` : isCalled(name)}
    order by s.metric_type, s.unit limit ${most}::int`.execute(tx)
  return rows
}
