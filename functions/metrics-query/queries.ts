// The slice's statements. Each one names the tenant, so that its index is used, and as a second guard in addition to row security. Times
// are passed as microseconds and returned as PostgreSQL's text in UTC; those of points, which are many, are returned as binary numbers.

import type { Micros } from '@penstock/shared/base/time.ts'
import { instant, numbers } from '@penstock/shared/database/sql-values.ts'
import {
  int4s,
  noPoints,
  type PackedPoints,
  packedPoints,
  packedTimes,
} from '@penstock/shared/points/binary-columns.ts'
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

/** A position in page order: newest first, and the highest series id first within an instant. */
export interface Place {
  readonly ts: Micros
  readonly seriesId: number
}

/** A part of a tenant's points in page order. */
export interface Stretch {
  readonly tenantId: number
  /** Inclusive. */
  readonly from: Micros
  /** Only the points after this position. */
  readonly after: Place
  readonly skip: number
  readonly limit: number
}

/** The columns of the points of one series, whose id needs no column: aggregating a third one takes a fifth of the time. */
export type SentOfOne = Pick<PackedPoints, 'at' | 'value'>

/** Returns the newest points of a series, from the primary key. Reads at most skip + limit rows, however wide the range is. */
export async function newestOfOne(tx: Transaction<Database>, id: number, stretch: Stretch): Promise<SentOfOne> {
  const { rows } = await sql<SentOfOne>`
    select ${packedTimes} from (
      select p.ts, p.value from metric_point p
      where p.series_id = ${id}::int and ${within(stretch)}
      order by p.ts desc offset ${stretch.skip}::int limit ${stretch.limit}::int
    ) page
  `.execute(tx)
  return rows[0] ?? noPoints
}

/**
 * Returns the newest points of a few series: as many of each as the page could need, from the primary key, then merged, which takes a
 * third more than a single series. Reads at most series × (skip + limit) rows, however wide the range is.
 */
export async function newestOfSeries(
  tx: Transaction<Database>,
  ids: readonly number[],
  stretch: Stretch,
): Promise<PackedPoints> {
  const { rows } = await sql<PackedPoints>`
    select ${packedPoints} from (
      select newest.series_id, newest.ts, newest.value
      from unnest(${numbers(ids)}::int[]) as s (id)
      cross join lateral (
        select p.series_id, p.ts, p.value from metric_point p
        where p.series_id = s.id and ${within(stretch)}
        order by p.ts desc limit ${stretch.skip + stretch.limit}::int
      ) newest
      order by newest.ts desc, newest.series_id desc offset ${stretch.skip}::int limit ${stretch.limit}::int
    ) page
  `.execute(tx)
  return rows[0] ?? noPoints
}

/**
 * Returns the newest points of a range among listed series (by the primary key), or among all matching ones (by the BRIN index), and
 * their number. At most `most` are read: when there are more, `total` exceeds `most` and there are no points.
 */
export async function newestOfStretch(
  tx: Transaction<Database>,
  among: readonly number[] | SeriesFilter,
  most: number | null,
  stretch: Stretch,
): Promise<{ readonly total: number; readonly points: PackedPoints }> {
  const { rows } = await sql<PackedPoints & { total: number }>`
    with found as materialized (
      select p.series_id, p.ts, p.value from metric_point p
      where ${within(stretch)} ${isListed(among) ? sql`and p.series_id = any(${numbers(among)}::int[])` : ofMatching(among)}
      limit ${most === null ? null : most + 1}::bigint
    ), counted as (
      select count(*)::int as total from found
    )
    select (select total from counted) as total, ${packedPoints} from (
      select * from found where (select total from counted) <= coalesce(${most}::bigint, (select total from counted))
      order by ts desc, series_id desc offset ${stretch.skip}::int limit ${stretch.limit}::int
    ) page
  `.execute(tx)
  const row = rows[0]
  return { total: row?.total ?? 0, points: row ?? noPoints }
}

export interface SummableSeries {
  readonly id: number
  readonly unit: string
  /** The value of the requested label, as text; null when it is missing. */
  readonly group: string | null
}

/** Returns the lowest ids of the matching series, at most `limit`, with their units and the text of a label. */
export async function findSummableSeries(
  tx: Transaction<Database>,
  filter: SeriesFilter,
  label: string | undefined,
  limit: number,
): Promise<readonly SummableSeries[]> {
  const { rows } = await sql<SummableSeries>`
    select s.id, s.unit, s.labels ->> ${label ?? null}::text as "group"
    from metric_series s where ${matches(filter)} order by s.id limit ${limit}::int
  `.execute(tx)
  return rows
}

export interface SeriesSpan {
  readonly id: number
  readonly service_name: string
  readonly metric_type: string
  readonly unit: string
  readonly labels: Record<string, unknown>
  /** Null when there is no point. */
  readonly first_ts: string | null
  readonly last_ts: string | null
}

/**
 * Returns the matching series with ids above `afterId`, lowest first, at most `limit`, with the first and last stored instant of each.
 */
export async function listSeries(
  tx: Transaction<Database>,
  filter: SeriesFilter,
  afterId: number,
  limit: number,
): Promise<readonly SeriesSpan[]> {
  const end = (direction: RawBuilder<unknown>) => sql`(
    select p.ts from metric_point p
    where p.tenant_id = ${filter.tenantId}::int and p.series_id = s.id order by p.ts ${direction} limit 1
  )`
  const { rows } = await sql<SeriesSpan>`
    select s.id, s.service_name, s.metric_type, s.unit, s.labels, ${end(sql`asc`)} as first_ts, ${end(sql`desc`)} as last_ts
    from metric_series s where ${matches(filter)} and s.id > ${afterId}::int order by s.id limit ${limit}::int
  `.execute(tx)
  return rows
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

const within = ({ tenantId, from, after }: Stretch): RawBuilder<unknown> => sql`
  p.tenant_id = ${tenantId}::int and p.ts >= ${instant(from)} and p.ts <= ${instant(after.ts)}
  and (p.ts < ${instant(after.ts)} or p.series_id < ${after.seriesId}::bigint)`

const isListed = (among: readonly number[] | SeriesFilter): among is readonly number[] => Array.isArray(among)

function ofMatching(filter: SeriesFilter): RawBuilder<unknown> {
  const { serviceName, metricType, unit, labels } = filter
  const isWholeTenant = labels.length === 0 && [serviceName, metricType, unit].every((value) => value === undefined)
  return isWholeTenant ? sql`` : sql`and p.series_id in (select s.id from metric_series s where ${matches(filter)})`
}
