// The statements on marks, months and invalidations. Hours are named by their first instant.

import { fromPostgres, type Micros } from '@penstock/shared/base/time.ts'
import { instant } from '@penstock/shared/database/sql-values.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { HOT } from '@penstock/shared/schema/month-states.ts'
import { sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

export interface Marks {
  readonly fence: Micros
  /** -Infinity before the first run, like the fence. */
  readonly watermark: Micros
}

/** Returns both marks as last committed. */
export async function selectMarks(tx: Tx): Promise<Marks> {
  const row = await tx.selectFrom('rollup_mark').select(['fence', 'watermark']).executeTakeFirstOrThrow()
  return { fence: toMicros(row.fence), watermark: toMicros(row.watermark) }
}

const toMicros = (text: string): Micros => (text === '-infinity' ? Number.NEGATIVE_INFINITY : fromPostgres(text))

/** Moves the fence forward, never back. The caller must lock writers out, so that every later writer sees it. */
export async function moveFence(tx: Tx, to: Micros): Promise<void> {
  await sql`update rollup_mark set fence = ${instant(to)} where fence < ${instant(to)}`.execute(tx)
}

/** Moves the watermark if it is still at `from`; returns false otherwise. */
export async function moveWatermark(tx: Tx, from: Micros, to: Micros): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update rollup_mark set watermark = ${instant(to)} where watermark = ${instant(from)}`.execute(tx)
  return numAffectedRows === 1n
}

export interface PointMonth {
  /** Its first day. */
  readonly month: string
  /** True when it has a partition for its roll-ups. */
  readonly ready: boolean
}

/** Returns the months whose points are in the database, oldest first. */
export async function selectPointMonths(tx: Tx): Promise<readonly PointMonth[]> {
  const { rows } = await sql<PointMonth>`
    select m.month, exists (
      select from pg_inherits i where i.inhparent = 'metric_rollup'::regclass
        and i.inhrelid = to_regclass('metric_rollup_' || to_char(m.month, 'YYYY_MM'))
    ) as ready
    from metric_month m where m.state = any(${[...HOT]}::text[]) order by m.month`.execute(tx)
  return rows
}

/** Returns all tenants that may have points, by id. */
export async function selectTenants(tx: Tx): Promise<readonly { readonly id: number; readonly name: string }[]> {
  return await tx.selectFrom('tenant').select(['id', 'name']).orderBy('id').execute()
}

/**
 * Records every hour of these tenants' series from `from` to `to` as invalid, without reading their points, because that may be what
 * failed.
 */
export async function invalidateAll(tx: Tx, tenants: readonly number[], from: Micros, to: Micros): Promise<void> {
  await sql`
    insert into rollup_invalidation (tenant_id, series_id, bucket)
    select s.tenant_id, s.id, hour
    from metric_series s, generate_series(${instant(from)}, ${instant(to)} - interval '1 hour', interval '1 hour') hour
    where s.tenant_id = any(${[...tenants]}::int[])`.execute(tx)
}
