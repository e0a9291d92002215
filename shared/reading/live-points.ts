// Reads points of months whose points are rows of `metric_point`.
import { sql, type Transaction } from 'kysely'
import type { Micros } from '../base/time.ts'
import { instant, numbers } from '../database/sql-values.ts'
import { noPoints, type PackedPoints, packedPoints } from '../points/binary-columns.ts'
import type { Database } from '../schema/index.ts'

/** Returns points of listed series in some ranges of time (both ends inclusive), by series and time; at most `limit`. */
export async function pointsDuring(
  tx: Transaction<Database>,
  { tenantId, ids }: { readonly tenantId: number; readonly ids: readonly number[] },
  stretches: readonly { readonly from: Micros; readonly to: Micros }[],
  limit: number,
): Promise<PackedPoints> {
  if (stretches.length === 0 || ids.length === 0) return noPoints
  const during = stretches.map(({ from, to }) => sql`p.ts >= ${instant(from)} and p.ts <= ${instant(to)}`)
  const { rows } = await sql<PackedPoints>`
    select ${packedPoints} from (
      select p.series_id, p.ts, p.value from metric_point p
      where p.tenant_id = ${tenantId}::int and p.series_id = any(${numbers(ids)}::int[]) and (${sql.join(during, sql` or `)})
      order by p.series_id, p.ts limit ${limit}::int
    ) found
  `.execute(tx)
  return rows[0] ?? noPoints
}
