// The statements that resolve series.

import { sql, type Transaction } from 'kysely'
import type { Database } from '../schema/index.ts'

type Tx = Transaction<Database>

export interface NewSeries {
  readonly service: string
  readonly type: string
  readonly unit: string
  readonly labels: string
  /** SHA-256 of the canonical identity, in hexadecimal. */
  readonly identity: string
}

/** A series in the form in which points refer to it. Neither field ever changes. */
export interface SeriesId {
  readonly id: number
  /** Points of one write whose series are in one block share a row of the log. */
  readonly block: number
}

/** Number of series in a block. */
const BLOCK_SERIES = 64

/** Returns the ids of existing series by identity (hexadecimal SHA-256). */
export async function findSeries(
  tx: Tx,
  tenantId: number,
  identities: readonly string[],
): Promise<Map<string, SeriesId>> {
  const { rows } = await sql<{ identity: string; id: number; block: number }>`
    select encode(identity_sha256, 'hex') as identity, id, block from metric_series
    where tenant_id = ${tenantId}::int
      and identity_sha256 = any(array(select decode(h, 'hex') from unnest(${[...identities]}::text[]) as h))
  `.execute(tx)
  return new Map(rows.map(({ identity, id, block }) => [identity, { id, block }]))
}

/**
 * Returns the room for new series of a tenant, and how many were ever made. Locks the tenant's row, so until the commit no other
 * transaction adds series to it.
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

/** Adds series that do not exist, and counts them. Returns their ids by identity. Call it only after `lockSeriesRoom`. */
export async function insertSeries(
  tx: Tx,
  tenantId: number,
  series: readonly NewSeries[],
  made: number,
): Promise<Map<string, SeriesId>> {
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
