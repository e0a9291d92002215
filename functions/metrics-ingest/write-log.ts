// Writes a group's points into the log.

import type { Micros } from '@penstock/shared/base/time.ts'
import {
  type BlockColumns,
  joinColumns,
  makeColumns,
  type Sorted,
  sortColumns,
} from '@penstock/shared/points/columns.ts'
import type { PlacedPoint } from '@penstock/shared/points/points.ts'
import { writePoints } from '@penstock/shared/points/write-points.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import type { WriteOutcome, WriteRequest, Written } from './write-request.ts'

/**
 * Writes the points of the unsettled members in one statement, and returns an outcome for each member. Points below the tenant's expiry
 * are refused. When two members have the same point, that of the later one is written.
 */
export async function writeToLog(
  tx: Transaction<Database>,
  tenantId: number,
  members: readonly WriteRequest[],
  settled: readonly (WriteOutcome | undefined)[],
): Promise<readonly WriteOutcome[]> {
  const first = judgeAll(members, settled, Number.NEGATIVE_INFINITY)
  const { isStored, expiredBefore } = await writePoints(tx, tenantId, first.points)
  if (isStored) return first.outcomes
  // Nothing was written because some points have expired, which is rare: they are older than everything that is stored.
  const second = judgeAll(members, settled, expiredBefore)
  await writePoints(tx, tenantId, second.points)
  return second.outcomes
}

function judgeAll(
  members: readonly WriteRequest[],
  settled: readonly (WriteOutcome | undefined)[],
  expiredBefore: Micros,
): { readonly outcomes: readonly WriteOutcome[]; readonly points: Sorted<BlockColumns> } {
  const parts: Sorted<BlockColumns>[] = []
  const outcomes = members.map((member, i) => {
    const known = settled[i]
    if (known) return known
    const { written, points } = judge(member, expiredBefore)
    if (written.kind === 'written') parts.push(points)
    return written
  })
  const [only] = parts
  return { outcomes, points: only && parts.length === 1 ? only : sortColumns(joinColumns(parts)) }
}

function judge(
  { points, strict }: WriteRequest,
  expiredBefore: Micros,
): { readonly written: Written; readonly points: Sorted<BlockColumns> } {
  const expired = points.flatMap(({ at, index }) => (at < expiredBefore ? [index] : []))
  const sorted = sortColumns(toColumns(points, expiredBefore))
  const isRefused = strict && expired.length > 0
  const written: Written = isRefused
    ? { kind: 'refused', stored: 0, deferred: 0, expired }
    : { kind: 'written', stored: sorted.length, deferred: 0, expired }
  return { written, points: sorted }
}

function toColumns(points: readonly PlacedPoint[], expiredBefore: Micros): BlockColumns {
  const columns = makeColumns(points.length)
  let length = 0
  for (const { series, block = 0, at, value } of points) {
    if (at < expiredBefore) continue
    columns.series[length] = series
    columns.block[length] = block
    columns.at[length] = at
    // Adding 0 turns -0 into 0, because both are the same number and so must be their sums.
    columns.value[length++] = value + 0
  }
  return { ...columns, length }
}
