// Moves a tenant's month of rows into chunks, in pieces. Readers use the rows until the last piece; points that are written in the meantime stay in the log.
import { monthStart } from '@penstock/shared/base/time.ts'
import { mergeDay } from '@penstock/shared/compaction/merge-day.ts'
import { lockTenant } from '@penstock/shared/compaction/queries.ts'
import { keepMonth } from '@penstock/shared/lifecycle/bring-back-queries.ts'
import type { TenantMonth } from '@penstock/shared/lifecycle/run-queries.ts'
import { moveMonthMarks } from '@penstock/shared/lifecycle/switch-queries.ts'
import type { BinaryRows } from '@penstock/shared/points/binary-rows.ts'
import { makeChunkMonth, makeHourYear } from '@penstock/shared/points/chunk-months.ts'
import { type Columns, makeColumns, type Sorted } from '@penstock/shared/points/columns.ts'
import { deleteRowMonth, moveRowPlace, selectRowPlace, selectRowsAfter } from './convert-queries.ts'
import type { MoveDeps } from './move-deps.ts'

/**
 * Moves the rest of the month. Each piece is one transaction under the tenant's compaction lock, which also records how far it came. Safe to repeat,
 * and to interrupt anywhere. Returns how many points it moved. `onPiece` gets the number of points of each piece.
 */
export async function convertMonth(
  deps: MoveDeps,
  month: TenantMonth,
  onPiece: (points: number) => void,
): Promise<number> {
  await deps.db.writeAll(async (tx) => void (await makeHourYear(tx, Number(month.month.slice(0, 4)))))
  let moved = 0
  for (let isLast = false; !isLast; ) {
    await deps.db.writeAll(async (tx) => void (await makeChunkMonth(tx, month.month)))
    const piece = await convertPiece(deps, month)
    isLast = piece.isLast
    moved += piece.points
    onPiece(piece.points)
  }
  return moved
}

async function convertPiece(
  { db, now, limits }: MoveDeps,
  month: TenantMonth,
): Promise<{ readonly points: number; readonly isLast: boolean }> {
  return await db.write(month.tenantId, async (tx) => {
    await lockTenant(tx, month.tenantId)
    await keepMonth(tx, month.month)
    const place = await selectRowPlace(tx, month)
    if (!place) return { points: 0, isLast: true }
    const points = readRows(await selectRowsAfter(tx, month, place, limits.piecePoints), limits.piecePoints)
    const last = points.length - 1
    if (last >= 0) await mergeDay(tx, { tenantId: month.tenantId, day: monthStart(month.month) }, points)
    const isLast = points.length < limits.piecePoints
    if (isLast) {
      await moveMonthMarks(tx, month, now() * 1000)
      await deleteRowMonth(tx, month)
    } else
      await moveRowPlace(tx, month, {
        series: points.series[last] as number,
        at: points.at[last] as number,
        points: points.length,
      })
    return { points: points.length, isLast }
  })
}

/** Reads rows into columns. @throws {Error} when the rows are not in the order of their keys. */
function readRows(rows: BinaryRows, most: number): Sorted<Columns> {
  const points = makeColumns(most)
  let length = 0
  while (rows.next()) {
    const [series, at] = [rows.int4(), rows.instant()]
    const before = length - 1
    const isAfter =
      before < 0 ||
      series > (points.series[before] as number) ||
      (series === points.series[before] && at > (points.at[before] as number))
    if (!isAfter) throw new Error('the server did not return rows in the order of their keys')
    points.series[length] = series
    points.at[length] = at
    points.value[length++] = rows.float8()
  }
  return { ...points, length, sorted: true }
}
