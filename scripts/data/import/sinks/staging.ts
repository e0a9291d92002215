// Moves a chunk from a staging table into the months. COPY writes to the staging table, because PostgreSQL refuses COPY into a table
// whose row security applies.
import { finished } from 'node:stream/promises'
import type { Micros } from '@penstock/shared/base/time.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'
import type { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'

type Tx = Transaction<Database>

/** Makes the session's staging table. Each transaction finds it empty. Safe to repeat. */
export async function createStaging(client: Client): Promise<void> {
  await client.query(`
    create temp table if not exists import_staging (series_id int not null, ts timestamptz not null, value float8 not null)
    on commit delete rows`)
}

/**
 * Fills the staging table from rows in the binary format of COPY, sorted by (series_id, ts). Call it inside a transaction of this client.
 */
export async function fillStaging(client: Client, rows: Buffer): Promise<void> {
  const stream = client.query(copyFrom('copy import_staging (series_id, ts, value) from stdin (format binary)'))
  stream.end(rows)
  await finished(stream)
}

/**
 * Inserts the staged points of these live months (null: all), and returns their number. Returns 0 and inserts nothing when a stored point
 * lies between the first and the last staged point of its series.
 *
 * History usually meets no stored point, and an insert takes half the server's time of an upsert: 1.7 s for a million rows against 3.7 s.
 * @throws a unique violation when another writer was faster: the transaction must then be rolled back.
 */
export async function insertStaged(tx: Tx, tenantId: number, months: readonly string[] | null): Promise<number> {
  const { numAffectedRows } = await sql`
    ${insertFromStaging(tenantId, months)} and not (
      select exists (
        select from (select series_id, min(ts) as first, max(ts) as last from import_staging group by series_id) s
        cross join lateral (
          select from metric_point p
          where p.tenant_id = ${tenantId}::int and p.series_id = s.series_id and p.ts between s.first and s.last
          limit 1
        ) stored
      )
    )`.execute(tx)
  return Number(numAffectedRows)
}

/**
 * Stores the staged points of these live months (null: all) over existing ones, and returns the number of written rows: a row that has
 * its value already is not written.
 */
export async function upsertStaged(tx: Tx, tenantId: number, months: readonly string[] | null): Promise<number> {
  const { numAffectedRows } = await sql`
    ${insertFromStaging(tenantId, months)}
    on conflict (series_id, ts) do update set value = excluded.value
      where metric_point.value is distinct from excluded.value`.execute(tx)
  return Number(numAffectedRows)
}

/** Defers the staged points of these months until they are live; returns their number. */
export async function deferStaged(tx: Tx, tenantId: number, months: readonly string[]): Promise<number> {
  const { numAffectedRows } = await sql`
    insert into deferred_point (tenant_id, series_id, ts, value)
    select ${tenantId}::int, series_id, ts, value from import_staging where ${inMonths(months)}`.execute(tx)
  return Number(numAffectedRows)
}

/** Invalidates the roll-ups of the staged hours below the fence. */
export async function invalidateStaged(
  tx: Tx,
  tenantId: number,
  months: readonly string[],
  fence: Micros,
): Promise<void> {
  await sql`
    insert into rollup_invalidation (tenant_id, series_id, bucket)
    select distinct ${tenantId}::int, series_id, date_trunc('hour', ts, 'UTC') from import_staging
    where ts < timestamptz 'epoch' + ${fence}::int8 * interval '1 microsecond' and ${inMonths(months)}`.execute(tx)
}

/** The rows are inserted in the order in which they were staged, which is that of every writer. */
const insertFromStaging = (tenantId: number, months: readonly string[] | null) => sql`
  insert into metric_point (tenant_id, series_id, ts, value)
  select ${tenantId}::int, series_id, ts, value from import_staging
  where ${months === null ? sql`true` : inMonths(months)}`

const inMonths = (months: readonly string[]) =>
  sql`date_trunc('month', ts, 'UTC') = any(${months.map((month) => `${month} 00:00:00+00`)}::timestamptz[])`
