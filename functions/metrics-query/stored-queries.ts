// The statements on series for readers of the log and chunks. Each one names the tenant, so that its index is used, and as a second guard
// in addition to row security.

import type { Micros } from '@penstock/shared/base/time.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { type RawBuilder, sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

/** A condition on `metric_series s` that names the tenant. */
type Matching = RawBuilder<unknown>

export interface StoredSeries {
  readonly id: number
  readonly block: number
}

/** Selects the matching series by id, at most `limit`, as two lists in JSON; null without any. */
export const storedSeries = (
  matching: Matching,
  limit: number,
): RawBuilder<{ readonly ids: string | null; readonly blocks: string | null }> => sql`
    select array_to_json(array_agg(id order by id))::text as ids, array_to_json(array_agg(block order by id))::text as blocks from (
      select s.id, s.block from metric_series s where ${matching} order by s.id limit ${limit}::int
    ) found`

export interface SummedSeries extends StoredSeries {
  readonly unit: string
  /** The value of the requested label, as text; null when it is missing. */
  readonly group: string | null
  /** No chunk of the series has a later point; -Infinity when it has no chunk. */
  readonly chunksEnd: Micros
}

/** Returns the matching series, ordered by the hash of their identity, which is the order in which their sums are added. At most `limit`. */
export async function findSummedSeries(
  tx: Tx,
  matching: Matching,
  label: string | undefined,
  limit: number,
): Promise<readonly SummedSeries[]> {
  const { rows } = await sql<Omit<SummedSeries, 'chunksEnd'> & { end_us: number | null }>`
    select s.id, s.block, s.unit, s.labels ->> ${label ?? null}::text as "group",
      (extract(epoch from p.last_ts) * 1000000)::float8 as end_us
    from metric_series s left join metric_series_span p on p.series_id = s.id
    where ${matching} order by s.identity_sha256 limit ${limit}::int`.execute(tx)
  return rows.map(({ end_us, ...series }) => ({ ...series, chunksEnd: end_us ?? Number.NEGATIVE_INFINITY }))
}

export interface StoredSpan {
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
 * Those of chunks and objects are recorded, and the log of the series' blocks is read.
 */
export async function listStoredSeries(
  tx: Tx,
  { tenantId, matching }: { readonly tenantId: number; readonly matching: Matching },
  afterId: number,
  limit: number,
): Promise<readonly StoredSpan[]> {
  const tenant = sql`${tenantId}::int`
  const { rows } = await sql<StoredSpan>`
    with page as materialized (
      select s.id, s.service_name, s.metric_type, s.unit, s.labels, s.block
      from metric_series s where ${matching} and s.id > ${afterId}::int order by s.id limit ${limit}::int
    ), logged as (
      select p.series_id, min(p.ts) as first_ts, max(p.ts) as last_ts
      from metric_log l cross join lateral unnest(l.series, l.ts) as p (series_id, ts)
      where l.tenant_id = ${tenant} and l.block = any(array(select distinct block from page) || -1)
        and l.last_ts >= coalesce((select before from metric_expiry where tenant_id = ${tenant}), '-infinity')
      group by 1
    )
    select page.id, page.service_name, page.metric_type, page.unit, page.labels,
      least(s.first_ts, l.first_ts) as first_ts, greatest(s.last_ts, l.last_ts) as last_ts
    from page
    left join metric_series_span s on s.series_id = page.id
    left join logged l on l.series_id = page.id
    order by page.id`.execute(tx)
  return rows
}
