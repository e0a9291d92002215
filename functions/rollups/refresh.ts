// The two kinds of work of a run, one transaction at a time.

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

type Db = Pick<PenstockDatabase, 'readAll' | 'writeAll'>

/** Returns the marks and the months that have points. Both are read in one transaction, the months after the fence. */
export async function survey(db: Db): Promise<{ readonly marks: Marks; readonly months: readonly PointMonth[] }> {
  return await db.readAll(async (tx) => ({ marks: await selectMarks(tx), months: await selectPointMonths(tx) }))
}

export interface Refreshed {
  /** Number of roll-ups that were computed. */
  readonly buckets: number
  /** True when invalidations of tenants that did not fail are left. */
  readonly more: boolean
  readonly failures: readonly Failure[]
}

/**
 * Computes the hours of the oldest invalidations again, at most `limit`. One transaction deletes the invalidations and computes their
 * hours, so an interruption leaves both undone. The invalidations of failing tenants remain.
 */
export async function refreshInvalid(
  db: Db,
  months: readonly string[],
  limit: number,
  except: ReadonlySet<number>,
): Promise<Refreshed> {
  const left = async () => (await db.writeAll((tx) => selectInvalidTenants(tx, months))).filter((id) => !except.has(id))
  let buckets = 0
  let more = false
  const attempt = async (tenants: readonly number[] | null) => {
    const done = await db.writeAll((tx) => refreshInvalidHours(tx, { months, tenants, limit }))
    buckets += done.buckets.length
    more ||= done.taken === limit
  }
  const failures = await forAll(attempt, except.size === 0 ? null : await left(), left)
  return { buckets, more, failures }
}

/**
 * Computes all roll-ups of these hours, then moves the watermark from `watermark` to their end. Failing tenants do not delay it: their
 * hours are recorded as invalid, so readers compute them from points, and later runs try again.
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
  const everybody = async () => (await db.readAll(selectTenants)).map(({ id }) => id)
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

/** Moves the watermark to the fence, because nothing before the fence has points. */
export async function skipToFence(db: Db, { watermark, fence }: Marks): Promise<void> {
  await alone(db, async (tx) => void (await moveWatermark(tx, watermark, fence)))
}

/** Runs work for all tenants at once or, when that fails, for all except those that cause the failure. */
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

/** Runs a transaction while no other one computes roll-ups. */
async function alone<T>(db: Db, work: (tx: Transaction<Database>) => Promise<T>): Promise<T> {
  return await db.writeAll(async (tx) => {
    await lockRollups(tx)
    return await work(tx)
  })
}
