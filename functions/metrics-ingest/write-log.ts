// Writes a group's points into the log.

import type { Micros } from '@penstock/shared/base/time.ts'
import {
  type BlockColumns,
  entriesBefore,
  joinColumns,
  makePlacedColumns,
  type PlacedColumns,
  type Sorted,
  sortColumns,
} from '@penstock/shared/points/columns.ts'
import type { Appended } from '@penstock/shared/points/log-queries.ts'
import type { WriteOutcome, WriteRequest, Written } from './write-request.ts'

/** Appends points whose series have their ids in this epoch. Appends none of them when one has expired or another epoch has begun. */
export type AppendPoints = (points: Sorted<BlockColumns>, epoch: number) => Promise<Appended>

/** The tenant's expiry and epoch as a write found them. Points below the expiry are refused, and ids of another epoch are not used. */
interface Marks {
  readonly expiredBefore: Micros
  readonly epoch: number
}

/** Maximum attempts. Each failed one learns that the expiry or the epoch has changed. */
const MAX_TRIES = 4

/**
 * Writes the points of the unsettled members in one statement, and returns an outcome for each member. Points below the tenant's expiry
 * are refused. When two members have the same point, that of the later one is written.
 */
export async function writeToLog(
  append: AppendPoints,
  members: readonly WriteRequest[],
  settled: readonly (WriteOutcome | undefined)[],
): Promise<readonly WriteOutcome[]> {
  let marks: Marks = { expiredBefore: Number.NEGATIVE_INFINITY, epoch: newestEpoch(members) }
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { outcomes, points } = judgeAll(members, settled, marks)
    const { isStored, expiredBefore, seriesEpoch } = await append(points, marks.epoch)
    if (isStored) return outcomes
    // Nothing was written: some points have expired, which is rare, since they are older than everything that is stored, or series were erased.
    marks = { expiredBefore, epoch: seriesEpoch }
  }
  throw new Error('the marks of a tenant moved again and again')
}

const newestEpoch = (members: readonly WriteRequest[]): number =>
  members.reduce((newest, { epoch }) => Math.max(newest, epoch), 0)

function judgeAll(
  members: readonly WriteRequest[],
  settled: readonly (WriteOutcome | undefined)[],
  marks: Marks,
): { readonly outcomes: readonly WriteOutcome[]; readonly points: Sorted<BlockColumns> } {
  const parts: Sorted<BlockColumns>[] = []
  const outcomes = members.map((member, i): WriteOutcome => {
    const known = settled[i]
    if (known) return known
    if (member.epoch !== marks.epoch) return { kind: 'moved', epoch: marks.epoch }
    const { written, points } = judge(member, marks.expiredBefore)
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
  const expired = entriesBefore(points, expiredBefore)
  const sorted = sortColumns(expired.length === 0 ? points : from(points, expiredBefore))
  const isRefused = strict && expired.length > 0
  const written: Written = isRefused
    ? { kind: 'refused', stored: 0, deferred: 0, expired }
    : { kind: 'written', stored: sorted.length, deferred: 0, expired }
  return { written, points: sorted }
}

/** Returns the points that are not below this instant. */
function from(points: PlacedColumns, expiredBefore: Micros): BlockColumns {
  const left = makePlacedColumns(points.length)
  let length = 0
  for (let i = 0; i < points.length; i++) {
    const at = points.at[i] as number
    if (at < expiredBefore) continue
    left.series[length] = points.series[i] as number
    left.block[length] = points.block[i] as number
    left.at[length] = at
    left.value[length++] = points.value[i] as number
  }
  return { ...left, length }
}
