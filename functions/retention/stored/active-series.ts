// The series that count against a tenant's limit: those with points in the database, and those that were made lately.
import { logger } from '@penstock/shared/base/logger.ts'
import type { PolicyCall, PolicyDeps } from '../policy.ts'
import {
  deactivate,
  type Idle,
  isSettled,
  noteCounted,
  reactivate,
  selectIdle,
  selectUncounted,
} from './active-series-queries.ts'

export interface ActiveSeriesDeps extends Pick<PolicyDeps, 'db' | 'now'> {
  readonly pause: (ms: number) => Promise<unknown>
  readonly limits: {
    /** A tenant's series are counted once in so many hours, and a series that was made later stays in the count. */
    readonly idleHours: number
    /** Series that one statement looks at. */
    readonly countedSeries: number
  }
}

const SETTLE_MS = 100
const SETTLE_TIMES = 50

/**
 * Takes series that have no points any more out of the count of their tenant. They keep their ids, names and history; a write counts them again. A tenant
 * is counted once in `idleHours`. Bounded by the deadline; safe to repeat and to interrupt anywhere. Returns whether work is left.
 */
export async function countActiveSeries(deps: ActiveSeriesDeps, call: PolicyCall): Promise<{ readonly more: boolean }> {
  const { db, limits } = deps
  const tenants = await db.readAll((tx) => selectUncounted(tx, limits.idleHours))
  for (const tenantId of tenants) {
    if (!(await countTenant(deps, call, tenantId))) return { more: true }
    await db.writeAll((tx) => noteCounted(tx, tenantId))
  }
  return { more: false }
}

/** Returns false when the time is over first. */
async function countTenant(
  { db, now, pause, limits }: ActiveSeriesDeps,
  { deadline, renew }: PolicyCall,
  tenantId: number,
): Promise<boolean> {
  for (let after: number | null = 0; after !== null; ) {
    if (now() >= deadline) return false
    await renew()
    const look: Parameters<typeof selectIdle>[2] = { after, limit: limits.countedSeries, idleHours: limits.idleHours }
    const { ids, next }: Idle = await db.readAll((tx) => selectIdle(tx, tenantId, look))
    after = next
    if (ids.length === 0) continue
    const { count, xid } = await db.writeAll((tx) => deactivate(tx, tenantId, ids))
    if (count > 0) logger.info({ tenant_id: tenantId, series: count }, 'retention.series_inactive')
    // A write that began before has the epoch of before, and is seen when it has ended.
    for (let times = 0; times < SETTLE_TIMES; times++) {
      if (await db.readAll((tx) => isSettled(tx, xid))) break
      await pause(SETTLE_MS)
    }
    await db.writeAll((tx) => reactivate(tx, tenantId, ids))
  }
  return true
}
