// The activity of functions within a window: the samples of its minutes, and the reports of instances since the newest sample.
import { DAY, formatTimestamp, fromPostgres, HOUR, MINUTE, type Micros } from '@penstock/shared/base/time.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import type { Window } from '../contract.ts'
import { type Activity, activityOf, difference, nothing, type StoredReport, sum } from './activity.ts'
import {
  type ReportRow,
  type SeenRow,
  selectActivity,
  selectReports,
  selectSampled,
  selectSeen,
  selectTotals,
} from './activity-queries.ts'

export type Report = ReportRow<StoredReport>
export type ActivityByFunction = Readonly<Record<string, Activity>>

export const lengths: Readonly<Record<Window, Micros>> = { '5m': 5 * MINUTE, '1h': HOUR, '24h': DAY }

/** The first sample counts instances that started within this time completely. For older ones it counts nothing of their past. */
export const FIRST_SAMPLE = HOUR

export interface WindowActivity {
  readonly functions: ActivityByFunction
  readonly reports: readonly Report[]
  /** The instant from which the numbers count, in RFC 3339. It is later than the window's begin when monitoring has not run for that long. */
  readonly since: string
}

/** Returns what each function did between an instant and now. */
export async function readWindow(tx: Transaction<Database>, now: Micros, length: Micros): Promise<WindowActivity> {
  const begin = now - length
  const reports = await selectReports<StoredReport>(tx)
  const sampled = await selectSampled(tx)
  const unsampled = changes(reports, await selectSeen<Activity>(tx), sampled ? undefined : begin)
  const minutes = await selectActivity<Activity>(tx, begin)
  const since = sampled ? Math.max(begin, fromPostgres(sampled.first) - MINUTE) : begin
  return { functions: merged([...minutes, unsampled]), reports, since: formatTimestamp(since) }
}

/** Returns what each function has done since monitoring began. It never decreases. */
export async function readTotals(tx: Transaction<Database>, now: Micros): Promise<ActivityByFunction> {
  const totals = await selectTotals<Activity>(tx)
  const since = totals.size > 0 ? undefined : now - FIRST_SAMPLE
  const reports = await selectReports<StoredReport>(tx)
  return merged([Object.fromEntries(totals), changes(reports, await selectSeen<Activity>(tx), since)])
}

/**
 * Returns the difference between the reports of instances and what was already counted of them. An instance that was never counted, or that
 * has started again, counts completely; with `startedSince`, only when it started at that instant or later.
 */
export function changes(
  reports: readonly Report[],
  seen: readonly SeenRow<Activity>[],
  startedSince?: Micros,
): ActivityByFunction {
  const counted = new Map(seen.map((row) => [`${row.function} ${row.instance}`, row]))
  return merged(
    reports.map((row) => {
      const before = counted.get(`${row.function} ${row.instance}`)
      const known = before?.started_at === row.started_at ? before.activity : nothing
      const isOld = startedSince !== undefined && fromPostgres(row.started_at) < startedSince
      return isOld && known === nothing ? {} : { [row.function]: difference(activityOf(row.report), known) }
    }),
  )
}

/** Adds the activity of each function over several lists. */
export function merged(list: readonly ActivityByFunction[]): ActivityByFunction {
  const names = new Set(list.flatMap((one) => Object.keys(one)))
  return Object.fromEntries([...names].map((name) => [name, sum(list.flatMap((one) => one[name] ?? []))]))
}
