// The heart of a write to rows: which points go where by the state of their months, and the statements that put them there. The caller holds
// the write lock, shared, and has read the state in a statement after it.

import { HOUR, type Micros } from '@penstock/shared/base/time.ts'
import { type BlockColumns, makeColumns, pick, type Sorted, sortColumns } from '@penstock/shared/points/columns.ts'
import { deferPoints, invalidateWrittenHours, upsertPoints } from '@penstock/shared/points/point-queries.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'

/** Points on their way into the table, and points that wait for their month. */
export interface PointsByState {
  readonly live: Sorted<BlockColumns>
  readonly waiting: Sorted<BlockColumns>
}

export const NO_POINTS: Sorted<BlockColumns> = { ...makeColumns(0), sorted: true }

/** Splits points by the state of their months. Points of an expired month are in neither list, because they cannot be stored any more. */
export function partByState(points: Sorted<BlockColumns>, stateAt: (at: Micros) => string | undefined): PointsByState {
  const live: number[] = []
  const waiting: number[] = []
  for (let i = 0; i < points.length; i++) {
    const state = stateAt(points.at[i] as number)
    if (state === 'live') live.push(i)
    else if (state !== 'expired') waiting.push(i)
  }
  if (live.length === points.length) return { live: points, waiting: NO_POINTS }
  return { live: at(points, live), waiting: at(points, waiting) }
}

const at = (points: Sorted<BlockColumns>, places: readonly number[]): Sorted<BlockColumns> => ({
  ...pick(points, Uint32Array.from(places)),
  sorted: true,
})

/** Stores and defers points of a tenant, and invalidates the affected hours below the fence. Safe to repeat. */
export async function writePoints(
  tx: Transaction<Database>,
  tenantId: number,
  fence: Micros | null,
  { live, waiting }: PointsByState,
): Promise<void> {
  if (live.length > 0) await upsertPoints(tx, tenantId, live)
  if (waiting.length > 0) await deferPoints(tx, tenantId, waiting)
  const late = fence === null ? NO_POINTS : hoursBelow(live, fence)
  if (late.length > 0) await invalidateWrittenHours(tx, tenantId, late)
}

function hoursBelow(points: Sorted<BlockColumns>, fence: Micros): Sorted<BlockColumns> {
  const places = new Uint32Array(points.length).map((_, i) => i).filter((i) => (points.at[i] as number) < fence)
  const late = pick(points, places)
  for (let i = 0; i < late.length; i++) late.at[i] = (late.at[i] as number) - ((late.at[i] as number) % HOUR)
  return sortColumns(late)
}
