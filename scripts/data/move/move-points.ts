// The whole move: switch, convert every month of every tenant, and drop what is left.
import { count } from '../../cli/progress-bar.ts'
import { convertMonth } from './convert-month.ts'
import { selectRowMonths } from './convert-queries.ts'
import { dropRows } from './drop-rows.ts'
import type { MoveDeps } from './move-deps.ts'
import { isSwitched, selectEveryTenant } from './switch-queries.ts'
import { switchStore } from './switch-store.ts'

export interface Moved {
  readonly points: number
  /** Tenants' months. */
  readonly months: number
  /** First days of moved months whose partitions of rows are left for the next call, because transactions older than the move may read them. */
  readonly waiting: readonly string[]
}

/**
 * Moves all points from rows to log and chunks while functions write and read. The newest months come first. Safe to repeat, and to interrupt anywhere:
 * the next call continues.
 * @throws as `switchStore`.
 */
export async function movePoints(deps: MoveDeps): Promise<Moved> {
  const { say, limits } = deps
  if (await switchStore(deps)) say('Log and chunks are on: new points go there.')
  // Queries over years need the roll-ups of months that objects hold.
  await dropRows(deps, 0)
  const months = await selectEveryRowMonth(deps)
  let [points, done, said] = [0, 0, deps.now()]
  for (const { tenantId, month } of months) {
    await convertMonth(deps, { tenantId, month }, (some) => {
      points += some
      if (deps.now() - said < limits.sayEveryMs) return
      said = deps.now()
      say(`${count(points)} points, ${done} of ${months.length} months moved; moving ${month}`)
    })
    done++
  }
  const { dropped, waiting } = await dropRows(deps, limits.patienceMs)
  if (dropped.length > 0) say(`${dropped.length} partitions of moved rows dropped`)
  return { points, months: done, waiting }
}

/** The tenants' months that are still rows, the newest first. */
async function selectEveryRowMonth({
  db,
}: MoveDeps): Promise<readonly { readonly tenantId: number; readonly month: string }[]> {
  const found: { readonly tenantId: number; readonly month: string }[] = []
  for (const tenantId of await db.writeAll(selectEveryTenant))
    for (const month of await db.read(tenantId, (tx) => selectRowMonths(tx, tenantId))) found.push({ tenantId, month })
  return found.toSorted((a, b) => (a.month === b.month ? a.tenantId - b.tenantId : a.month < b.month ? 1 : -1))
}

/** Returns how far the move has come. */
export async function describeMove({ db }: MoveDeps): Promise<{ readonly isSwitched: boolean; readonly left: number }> {
  return { isSwitched: await db.readAll(isSwitched), left: (await selectEveryRowMonth({ db } as MoveDeps)).length }
}
