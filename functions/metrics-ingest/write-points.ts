// Decides by the state of the months where points go, and runs the statements. The caller must hold the write lock, shared, and have read
// the state in a later statement.

import { HOUR, type Micros } from '@penstock/shared/base/time.ts'
import { deferPoints, invalidateWrittenHours, upsertPoints } from '@penstock/shared/points/point-queries.ts'
import { type PlacedPoint, sortAndCollapse, toColumns } from '@penstock/shared/points/points.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'

/** Points to store, and points that wait for their month. Both lists are sorted and without duplicates. */
export interface PointsByState {
  readonly live: readonly PlacedPoint[]
  readonly waiting: readonly PlacedPoint[]
}

/** Splits points by the state of their months. Points of an expired month are in neither list, because they cannot be stored any more. */
export function partByState(
  points: readonly PlacedPoint[],
  stateAt: (at: Micros) => string | undefined,
): PointsByState {
  const live: PlacedPoint[] = []
  const waiting: PlacedPoint[] = []
  for (const point of points) {
    const state = stateAt(point.at)
    if (state === 'live') live.push(point)
    else if (state !== 'expired') waiting.push(point)
  }
  return { live, waiting }
}

/** Stores and defers points of a tenant, and invalidates the affected hours below the fence. Safe to repeat. */
export async function writePoints(
  tx: Transaction<Database>,
  tenantId: number,
  fence: Micros | null,
  { live, waiting }: PointsByState,
): Promise<void> {
  if (live.length > 0) await upsertPoints(tx, tenantId, toColumns(live))
  if (waiting.length > 0) await deferPoints(tx, tenantId, toColumns(waiting))
  const late = fence === null ? [] : live.filter((point) => point.at < fence)
  if (late.length === 0) return
  const hours = late.map((point) => ({ ...point, at: point.at - (point.at % HOUR) }))
  await invalidateWrittenHours(tx, tenantId, toColumns(sortAndCollapse(hours)))
}
