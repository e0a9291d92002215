// The statements that write rows back into the log at their former place in the order, instead of at this transaction's place.

import { sql, type Transaction } from 'kysely'
import { float8Array, instantArray, int2Array, int4Array, int8Array } from '../points/binary-arrays.ts'
import { joinColumns } from '../points/columns.ts'
import { ROW_POINTS } from '../points/log-rows.ts'
import type { Database } from '../schema/index.ts'
import type { ReturnedRows } from './wide-rows.ts'

/** Appends rows under their own era and xid, split when they are too long. Writers may not name these columns. */
export async function returnRows(
  tx: Transaction<Database>,
  tenantId: number,
  returned: readonly ReturnedRows[],
): Promise<void> {
  if (returned.length === 0) return
  const points = joinColumns(returned.map((row) => row.points))
  const rows = cut(returned)
  await sql`
    insert into metric_log (tenant_id, block, era, xid, first_ts, last_ts, n, series, ts, value)
    select ${tenantId}::int, r.block, r.era, r.xid::text::xid8, r.first_ts, r.last_ts, r.above - r.below,
      (${int4Array(points.series, points.length)}::int[])[r.below + 1 : r.above],
      (${instantArray(points.at, points.length)}::timestamptz[])[r.below + 1 : r.above],
      (${float8Array(points.value, points.length)}::float8[])[r.below + 1 : r.above]
    from unnest(${int4Array(rows.map((row) => row.block))}::int[], ${int2Array(rows.map((row) => row.era))}::smallint[],
      ${int8Array(rows.map((row) => row.xid))}::bigint[], ${instantArray(rows.map((row) => row.first))}::timestamptz[],
      ${instantArray(rows.map((row) => row.last))}::timestamptz[], ${int4Array(rows.map((row) => row.below))}::int[],
      ${int4Array(rows.map((row) => row.above))}::int[]) as r (block, era, xid, first_ts, last_ts, below, above)
  `.execute(tx)
}

function cut(returned: readonly ReturnedRows[]) {
  let begin = 0
  return returned.flatMap(({ block, place, points }) => {
    const pieces = Math.ceil(points.length / ROW_POINTS)
    return Array.from({ length: pieces }, (_, piece) => {
      const from = piece * ROW_POINTS
      const times = points.at.subarray(from, Math.min(from + ROW_POINTS, points.length))
      const below = begin
      begin += times.length
      const first = times.reduce((least, at) => Math.min(least, at))
      const last = times.reduce((greatest, at) => Math.max(greatest, at))
      return { block, ...place, first, last, below, above: begin }
    })
  })
}
