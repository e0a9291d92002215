// The two kinds of work of a run, a transaction at a time

import type { Micros } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import {
  lockRollups,
  refreshInvalidHours,
  type Summed,
  selectInvalidTenants,
  sumWindow,
} from '@penstock/shared/months/rollup-hours.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { type Failure, isolateFailing, isTenantError } from './isolate.ts'
import {
  invalidateAll,
  type Marks,
  moveWatermark,
  type PointMonth,
  selectMarks,
  selectPointMonths,
  selectTenants,
} from './queries.ts'

type Db = Pick<PenstockDatabase, 'inTransaction'>

/** The marks, and the months that have points. They are read in one transaction, the months later than the fence. */
export async function survey(db: Db): Promise<{ readonly marks: Marks; readonly months: readonly PointMonth[] }> {
  return await db.inTransaction(async (tx) => ({ marks: await selectMarks(tx), months: await selectPointMonths(tx) }), {
    readOnly: true,
  })
}

export interface Refreshed {
  /** Roll-ups that were computed. */
  readonly buckets: number
  /** Invalidations are left, of tenants that did not fail. */
  readonly more: boolean
  readonly failures: readonly Failure[]
}

/**
 * Computes the hours of the oldest invalidations again, at most `limit`. One transaction takes the invalidations away and
 * computes their hours: interrupted, it has done neither. Those of tenants that fail stay.
 */
export async function refreshInvalid(
  db: Db,
  months: readonly string[],
  limit: number,
  except: ReadonlySet<number>,
): Promise<Refreshed> {
  const left = async () =>
    (await db.inTransaction((tx) => selectInvalidTenants(tx, months))).filter((id) => !except.has(id))
  let buckets = 0
  let more = false
  const attempt = async (tenants: readonly number[] | null) => {
    const done = await db.inTransaction((tx) => refreshInvalidHours(tx, { months, tenants, limit }))
    buckets += done.buckets.length
    more ||= done.taken === limit
  }
  const failures = await forAll(attempt, except.size === 0 ? null : await left(), left)
  return { buckets, more, failures }
}

/**
 * Computes all roll-ups of these hours, then moves the watermark from `watermark` to their end. Tenants that fail do not
 * hold it up: their hours are recorded as invalid, so readers add up their points, and later runs try again.
 */
export async function refreshWindow(
  db: Db,
  watermark: Micros,
  { from, to }: { readonly from: Micros; readonly to: Micros },
): Promise<Summed & { readonly failures: readonly Failure[] }> {
  let summed: Summed = { buckets: 0, points: 0 }
  const attempt = async (tenants: readonly number[] | null) => {
    const { buckets, points } = await alone(db, (tx) => sumWindow(tx, from, to, tenants))
    summed = { buckets: summed.buckets + buckets, points: summed.points + points }
  }
  const everybody = async () => (await db.inTransaction(selectTenants, { readOnly: true })).map(({ id }) => id)
  const failures = await forAll(attempt, null, everybody)
  await alone(db, async (tx) => {
    if (!(await moveWatermark(tx, watermark, to))) return
    if (failures.length > 0)
      await invalidateAll(
        tx,
        failures.map(({ tenant }) => tenant),
        from,
        to,
      )
  })
  return { ...summed, failures }
}

/** Nothing before the fence has points: the watermark moves there. */
export async function skipToFence(db: Db, { watermark, fence }: Marks): Promise<void> {
  await alone(db, async (tx) => void (await moveWatermark(tx, watermark, fence)))
}

/** For all at once, or, where that fails, for all but those who make it fail. */
async function forAll(
  attempt: (tenants: readonly number[] | null) => Promise<void>,
  first: readonly number[] | null,
  everybody: () => Promise<readonly number[]>,
): Promise<readonly Failure[]> {
  try {
    await attempt(first)
    return []
  } catch (error) {
    if (!isTenantError(error)) throw error
    return await isolateFailing(await everybody(), attempt)
  }
}

/** A transaction in which nobody else computes roll-ups. */
async function alone<T>(db: Db, work: (tx: Transaction<Database>) => Promise<T>): Promise<T> {
  return await db.inTransaction(async (tx) => {
    await lockRollups(tx)
    return await work(tx)
  })
}
