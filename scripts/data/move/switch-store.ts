// Switches a database from rows to log and chunks. Its rows stay where they are, and are read from there until they are moved.
import { takeWriteLock } from '@penstock/shared/months/write-lock.ts'
import { UsageError } from '../../cli/usage-error.ts'
import type { MoveDeps } from './move-deps.ts'
import {
  actAs,
  isSwitched,
  moveDeferred,
  moveExpiryOf,
  recordRowMonths,
  selectEveryTenant,
  selectUnsettled,
  turnSwitch,
} from './switch-queries.ts'

/**
 * Switches the store on, in one transaction during which no writer works. Safe to repeat, and to interrupt anywhere: then nothing has happened.
 * @returns false when it was on already.
 * @throws {UsageError} while a month is on its way to the archive. {Problem} 503 when writers did not end in time.
 */
export async function switchStore(deps: MoveDeps): Promise<boolean> {
  if (await deps.db.readAll(isSwitched)) return false
  refuseUnsettled(await deps.db.readAll(selectUnsettled))
  return await deps.db.writeAll(async (tx) => {
    await takeWriteLock(deps, tx)
    if (await isSwitched(tx)) return false
    refuseUnsettled(await selectUnsettled(tx))
    let deferred = 0
    for (const tenantId of await selectEveryTenant(tx)) {
      await actAs(tx, tenantId)
      await recordRowMonths(tx, tenantId)
      await moveExpiryOf(tx, tenantId)
      deferred += await moveDeferred(tx, tenantId)
    }
    await turnSwitch(tx)
    if (deferred > 0) deps.say(`${deferred} deferred points are in the log`)
    return true
  })
}

function refuseUnsettled(months: readonly string[]): void {
  if (months.length === 0) return
  throw new UsageError(
    `${months.join(', ')}: the archive is not done with these months. Run the retention job until it has dropped them, then repeat this command.`,
  )
}
