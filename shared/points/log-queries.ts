// The statements that write to the log.
import { CompiledQuery, sql, type Transaction } from 'kysely'
import { fromPostgres, type Micros } from '../base/time.ts'
import type { PenstockDatabase } from '../database/database.ts'
import { type BinaryParameter, int4, int8 } from '../database/pipeline.ts'
import type { UnitOptions } from '../database/units.ts'
import type { Database } from '../schema/index.ts'
import { float8Parameter, instantParameter, int4Parameter, toBuffer } from './binary-arrays.ts'
import type { LogRows } from './log-rows.ts'

type Tx = Transaction<Database>

export interface WriteMarks {
  /** Points below it are refused; -Infinity when nothing has expired. */
  readonly expiredBefore: Micros
  /** Changes when series of the tenant are erased; ids that were found in another epoch may no longer exist. */
  readonly seriesEpoch: number
}

/** The marks that a write found, and whether it stored its rows: all of them, or none when one lies below the expiry or the epoch has changed. */
export interface Appended extends WriteMarks {
  readonly isStored: boolean
}

/**
 * Appends rows, unless one of them has expired or the epoch is not the tenant's. The server gives them the transaction's place in the order.
 * Parameters: tenant, epoch or null, block, from, to, first and last of each row, then series, times and values of all points.
 */
const APPEND = `
  with marks as materialized (
    select series_epoch as epoch, (select before from metric_expiry where tenant_id = t.id) as before from tenant t where id = $1::int
  ), cuts as materialized (
    select * from unnest($3::int[], $4::int[], $5::int[], $6::timestamptz[], $7::timestamptz[]) as r (block, below, above, first_ts, last_ts)
  ), stored as (
    insert into metric_log (tenant_id, block, first_ts, last_ts, n, series, ts, value)
    select $1::int, r.block, r.first_ts, r.last_ts, r.above - r.below,
      ($8::int[])[r.below + 1 : r.above], ($9::timestamptz[])[r.below + 1 : r.above], ($10::float8[])[r.below + 1 : r.above]
    from cuts r
    where (select min(first_ts) from cuts) >= coalesce((select before from marks), '-infinity')
      and coalesce($2::bigint = (select epoch from marks), true)
    returning 1
  )
  select epoch, before, (select count(*) from stored) as stored from marks`

function parametersOf(tenantId: number, rows: LogRows, epoch: number | undefined): readonly (BinaryParameter | null)[] {
  const { points, block, from, to, first, last } = rows
  return [
    int4(tenantId),
    epoch === undefined ? null : int8(epoch),
    int4Parameter(block),
    int4Parameter(from),
    int4Parameter(to),
    instantParameter(first),
    instantParameter(last),
    int4Parameter(points.series, points.length),
    instantParameter(points.at, points.length),
    float8Parameter(points.value, points.length),
  ]
}

function appendedBy(rows: LogRows, epoch: number | undefined, found: Found | undefined): Appended {
  const seriesEpoch = Number(found?.epoch ?? 0)
  return {
    expiredBefore: found?.before ? fromPostgres(found.before) : Number.NEGATIVE_INFINITY,
    seriesEpoch,
    isStored: rows.length === Number(found?.stored ?? 0) && (epoch === undefined || epoch === seriesEpoch),
  }
}

interface Found {
  readonly epoch: string | null
  readonly before: string | null
  readonly stored: string | null
}

/** Appends rows in the caller's transaction, in one round trip; see APPEND. */
export async function appendLogRows(tx: Tx, tenantId: number, rows: LogRows, epoch?: number): Promise<Appended> {
  const parameters = parametersOf(tenantId, rows, epoch).map((parameter) => parameter && toBuffer(parameter))
  const { rows: found } = await tx.executeQuery(CompiledQuery.raw(APPEND, parameters))
  return appendedBy(rows, epoch, found[0] as Found | undefined)
}

/** Appends rows in a transaction of its own, which takes one round trip. Safe to repeat: the same points are then written again. */
export async function appendInOneTrip(
  db: Pick<PenstockDatabase, 'pipelineInTenant'>,
  tenantId: number,
  rows: LogRows,
  epoch: number | undefined,
  options: UnitOptions,
): Promise<Appended> {
  const statement = { name: 'penstock_append', text: APPEND, parameters: parametersOf(tenantId, rows, epoch) }
  const [answer] = await db.pipelineInTenant(tenantId, [statement], options)
  const [found, before, stored] = answer?.[0] ?? []
  return appendedBy(rows, epoch, { epoch: found ?? null, before: before ?? null, stored: stored ?? null })
}

/** The instant below which a tenant's points have expired; -Infinity where none have. */
export async function selectExpiry(tx: Tx, tenantId: number): Promise<Micros> {
  const { rows } = await sql<{ before: string }>`
    select before from metric_expiry where tenant_id = ${tenantId}::int`.execute(tx)
  return rows[0] ? fromPostgres(rows[0].before) : Number.NEGATIVE_INFINITY
}
