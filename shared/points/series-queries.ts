// The statements that resolve series.

import { sql, type Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'

type Tx = Transaction<Database>

/** The name of a series within its tenant. `labels` is the canonical text. */
export interface SeriesName {
  readonly service: string
  readonly type: string
  readonly unit: string
  readonly labels: string
}

export interface NewSeries extends SeriesName {
  /** SHA-256 of the canonical identity, in hexadecimal. */
  readonly identity: string
}

/** A series in the form in which points refer to it. Neither field ever changes. */
export interface SeriesId {
  readonly id: number
  /** Points of one write whose series are in one block share a row of the log. */
  readonly block: number
}

/** Series of a tenant that exist, by identity (hexadecimal SHA-256), and the epoch in which they do. */
export interface FoundSeries {
  /** It moves whenever an id may have become wrong or a series inactive. */
  readonly epoch: number
  readonly active: Map<string, SeriesId>
  /** They have no points in the database and do not count against the tenant's limit. A write makes one active first. */
  readonly inactive: ReadonlyMap<string, SeriesId>
}

/** Number of series in a block. */
const BLOCK_SERIES = 64

/** Finds series by identity, in one snapshot with the tenant's epoch. */
export async function findSeries(tx: Tx, tenantId: number, identities: readonly string[]): Promise<FoundSeries> {
  const { rows } = await sql<{ epoch: string; identity: string | null; id: number; block: number; active: boolean }>`
    select t.series_epoch as epoch, encode(s.identity_sha256, 'hex') as identity, s.id, s.block, s.active
    from tenant t left join metric_series s on s.tenant_id = t.id
      and s.identity_sha256 = any(array(select decode(h, 'hex') from unnest(${[...identities]}::text[]) as h))
    where t.id = ${tenantId}::int
  `.execute(tx)
  const active = new Map<string, SeriesId>()
  const inactive = new Map<string, SeriesId>()
  for (const { identity, id, block, active: isActive } of rows)
    if (identity !== null) (isActive ? active : inactive).set(identity, { id, block })
  return { epoch: Number(rows[0]?.epoch ?? 0), active, inactive }
}

/**
 * Room left for more active series of a tenant, and how many series were ever made. Locks the tenant's row: from here to the commit nobody else
 * adds series to it or makes them active.
 */
export async function lockSeriesRoom(
  tx: Tx,
  tenantId: number,
): Promise<{ readonly room: number; readonly made: number }> {
  const row = await tx
    .selectFrom('tenant')
    .select(['series_limit', 'series_count', 'series_made'])
    .where('id', '=', tenantId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow()
  return { room: Math.max(0, row.series_limit - row.series_count), made: Number(row.series_made) }
}

/** Makes series active that are not, and counts them. Only after `lockSeriesRoom`. */
export async function activateSeries(tx: Tx, tenantId: number, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return
  await sql`
    with made_active as (
      update metric_series set active = true
      where tenant_id = ${tenantId}::int and id = any(${[...ids]}::int[]) and not active returning 1
    )
    update tenant set series_count = series_count + (select count(*) from made_active)::int where id = ${tenantId}::int
  `.execute(tx)
}

/** Adds series that do not exist, and counts them. Returns their ids by identity. Call it only after `lockSeriesRoom`. */
export async function insertSeries(
  tx: Tx,
  tenantId: number,
  series: readonly NewSeries[],
  made: number,
): Promise<Map<string, SeriesId>> {
  if (series.length === 0) return new Map()
  const { rows } = await sql<{ identity: string; id: number; block: number }>`
    insert into metric_series (tenant_id, service_name, metric_type, unit, labels, identity_sha256, block)
    select ${tenantId}::int, service, type, unit, labels::jsonb, decode(identity, 'hex'),
      ((${made}::bigint + place - 1) / ${BLOCK_SERIES}::int)::int
    from unnest(
      ${series.map((s) => s.service)}::text[], ${series.map((s) => s.type)}::text[], ${series.map((s) => s.unit)}::text[],
      ${series.map((s) => s.labels)}::text[], ${series.map((s) => s.identity)}::text[]
    ) with ordinality as s (service, type, unit, labels, identity, place)
    returning encode(identity_sha256, 'hex') as identity, id, block
  `.execute(tx)
  await tx
    .updateTable('tenant')
    .set((eb) => ({
      series_count: eb('series_count', '+', rows.length),
      series_made: eb('series_made', '+', String(rows.length)),
    }))
    .where('id', '=', tenantId)
    .execute()
  return new Map(rows.map(({ identity, id, block }) => [identity, { id, block }]))
}

/** Returns the label key with the most different values among a tenant's series, which is the usual cause of a reached limit. */
export async function labelWithMostValues(
  tx: Tx,
  tenantId: number,
): Promise<{ key: string; values: number } | undefined> {
  const { rows } = await sql<{ key: string; values: number }>`
    select key, count(distinct value)::int as values
    from metric_series, jsonb_each(labels)
    where tenant_id = ${tenantId}::int
    group by key order by 2 desc, 1 limit 1
  `.execute(tx)
  return rows[0]
}
