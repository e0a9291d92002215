// Finds the newest points of an archived month: reads row groups from the newest back, until the remaining ones cannot have newer points
// than those found.
import type { Run, Wanted } from '@penstock/shared/archive/metric-parquet-rows.ts'
import type { ArchivedObject, ArchiveRead } from '@penstock/shared/reading/archive-reading.ts'
import type { Points } from '../months/points.ts'
import type { Place } from '../queries.ts'

/** Memory per point. The buffer holds twice the page size plus SPARE_POINTS before it is sorted and cut. */
const POINT_BYTES = 24
const SPARE_POINTS = 20_000
const MOST_AT_ONCE = 16

/** Returns the memory that `findNewestArchived` holds for a page of `count` points. */
export const bytesOfPage = (count: number): number => (2 * count + SPARE_POINTS) * POINT_BYTES

/**
 * Finds the first `count` points after a place in page order: newest first, and the highest series id first within an instant.
 * @returns fewer only when the object has no more.
 */
export async function findNewestArchived(
  archive: ArchiveRead,
  object: ArchivedObject,
  wanted: Wanted,
  { after, count }: { readonly after: Place; readonly count: number },
): Promise<Points> {
  const newest = gatherNewest(after, count)
  const groups = (await archive.find(object, wanted)).toSorted((a, b) => b.newest - a.newest)
  for (let begin = 0, size = 1; begin < groups.length; begin += size, size = Math.min(size * 2, MOST_AT_ONCE)) {
    const next = groups.slice(begin, begin + size).filter((group) => group.newest >= newest.oldestMeant())
    if (next.length === 0) break
    await addAll(newest, archive.read(object, next, wanted))
  }
  return newest.points()
}

async function addAll(newest: Newest, groups: AsyncGenerator<readonly Run[], void>): Promise<void> {
  for await (const runs of groups) for (const run of runs) newest.add(run)
}

interface Newest {
  add(run: Run): void
  /** Returns the instant below which points cannot be in the page. */
  oldestMeant(): number
  /** Returns the points found, in page order; at most `count`. */
  points(): Points
}

function gatherNewest(after: Place, count: number): Newest {
  const capacity = 2 * count + SPARE_POINTS
  const held = { series: new Int32Array(capacity), at: new Float64Array(capacity), value: new Float64Array(capacity) }
  let length = 0
  let oldest = Number.NEGATIVE_INFINITY

  const inOrder = (a: number, b: number): number =>
    (held.at[b] ?? 0) - (held.at[a] ?? 0) || (held.series[b] ?? 0) - (held.series[a] ?? 0)
  /** Points of one series are usually in page order already, and checking that costs less than sorting. */
  const isSorted = (): boolean => {
    for (let i = 1; i < length; i++) if (inOrder(i - 1, i) > 0) return false
    return true
  }
  const sort = (): void => {
    if (!isSorted()) {
      const order = Uint32Array.from({ length }, (_, i) => i)
        .sort(inOrder)
        .subarray(0, count)
      for (const column of [held.series, held.at, held.value])
        column.set(Float64Array.from(order, (from) => column[from] ?? 0))
    }
    length = Math.min(length, count)
    if (length === count) oldest = held.at[count - 1] ?? oldest
  }
  return {
    add({ seriesId, at, value }) {
      // Reads from the newest back: the run has one series, so at most `count` of its points can be in the page.
      for (let i = at.length - 1, taken = 0; i >= 0 && taken < count; i--) {
        const instant = at[i] ?? 0
        if (instant < oldest) break
        if (instant > after.ts || (instant === after.ts && seriesId >= after.seriesId)) continue
        if (length === capacity) sort()
        held.series[length] = seriesId
        held.at[length] = instant
        held.value[length] = value[i] ?? 0
        length++
        taken++
      }
    },
    oldestMeant: () => {
      if (length >= count) sort()
      return oldest
    },
    points() {
      sort()
      return {
        series: held.series.slice(0, length),
        at: held.at.slice(0, length),
        value: held.value.slice(0, length),
      }
    },
  }
}
