// The filter by which a query selects series. Each statement names the tenant, so that its index is used, and as a second guard in addition to row
// security.

import type { Micros } from '@penstock/shared/base/time.ts'
import { int4s } from '@penstock/shared/points/binary-columns.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { type RawBuilder, sql, type Transaction } from 'kysely'

/** Selects series of a tenant; an undefined field matches all. */
export interface SeriesFilter {
  readonly tenantId: number
  readonly serviceName: string | undefined
  readonly metricType: string | undefined
  readonly unit: string | undefined
  /** Names of labels, each with the text that its value must have. */
  readonly labels: readonly (readonly [name: string, value: string])[]
}

/** Returns the lowest ids of the matching series, at most `limit`. */
export async function findSeriesIds(
  tx: Transaction<Database>,
  filter: SeriesFilter,
  limit: number,
): Promise<readonly number[]> {
  const { rows } = await sql<{ ids: Buffer | null }>`
    select string_agg(int4send(id), '') as ids from (
      select s.id from metric_series s where ${matches(filter)} order by s.id limit ${limit}::int
    ) matching
  `.execute(tx)
  return Array.from(int4s(rows[0]?.ids))
}

/** Series ids end at 2^31 - 1, so all points of its instant come after this position. */
export const ABOVE_ALL_SERIES = 2 ** 31

/** A position in page order: newest first, and the highest series id first within an instant. */
export interface Place {
  readonly ts: Micros
  readonly seriesId: number
}

/** Turns a filter into a condition on `metric_series s`. */
export function matches({ tenantId, serviceName, metricType, unit, labels }: SeriesFilter): RawBuilder<unknown> {
  const rules = [sql`s.tenant_id = ${tenantId}::int`]
  if (serviceName !== undefined) rules.push(sql`s.service_name = ${serviceName}::text`)
  if (metricType !== undefined) rules.push(sql`s.metric_type = ${metricType}::text`)
  if (unit !== undefined) rules.push(sql`s.unit = ${unit}::text`)
  for (const [name, value] of labels) rules.push(sql`s.labels ->> ${name}::text = ${value}::text`)
  return sql.join(rules, sql` and `)
}
