// Reads from the database what has expired.
import { monthOf, monthStart } from '@penstock/shared/base/time.ts'
import { everyKey, type Stage } from '../stage.ts'
import { LAST_OLD_MONTH } from '../world/instants.ts'
import type { CheckedTenant } from '../world/world.ts'

/** First day of the first month of the tenant that has not expired; undefined when none has. */
export async function readMark({ world }: Stage, tenant: CheckedTenant): Promise<string | undefined> {
  const rows = await world.ask<{ month: string }>(
    `select (before at time zone 'UTC')::date::text as month from metric_expiry where tenant_id = $1`,
    [tenant.id],
  )
  return rows[0]?.month
}

/** Does what may move the mark, and records the points below it as gone, also when the work failed after all. */
export async function noteExpired(stage: Stage, tenant: CheckedTenant, work: () => Promise<void>): Promise<void> {
  const start = performance.now()
  try {
    await work()
  } finally {
    const mark = await readMark(stage, tenant)
    const end = performance.now()
    if (mark !== undefined) {
      if (monthStart(mark) > monthStart(LAST_OLD_MONTH))
        stage.history.found('expired too much', `the mark of ${tenant.name} is ${mark}`)
      const isBelow = (key: string): boolean => monthOf(Number(key.split(' ')[2])) < mark
      for (const series of [...tenant.series, ...tenant.pair])
        stage.history.gone(everyKey(tenant, series).filter(isBelow), start, end)
    }
  }
}
