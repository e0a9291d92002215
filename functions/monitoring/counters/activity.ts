// The counters of what a function has done. They are added over instances, and subtracted over time.
import type { InstanceCountersReport } from '@penstock/shared/report/instance-counters.ts'
import { addBuckets, type BucketList, countOf, subtractBuckets } from './buckets.ts'

/** Calls of one statement. */
export interface StatementActivity {
  /** The first 16 digits of the SHA-256 of its text. */
  readonly id: string
  readonly calls: number
  readonly total_ms: number
  readonly buckets: BucketList
}

export interface Activity {
  readonly statements: BucketList
  readonly statements_ms: number
  readonly slow: number
  /** Attempts to connect to the database that failed. Samples of older revisions lack it. */
  readonly failed_connections?: number
  readonly requests: BucketList
  readonly requests_ms: number
  /** Requests by the class of their status, as `2xx`. */
  readonly classes: Readonly<Record<string, number>>
  readonly top: readonly StatementActivity[]
}

export const nothing: Activity = {
  statements: [],
  statements_ms: 0,
  slow: 0,
  requests: [],
  requests_ms: 0,
  classes: {},
  top: [],
}

const ID_LENGTH = 16

/** Returns the part of a statement's id under which monitoring stores it. */
export const shortId = (id: string): string => id.slice(0, ID_LENGTH)

/** A report as it is stored. An older revision may lack fields that were added later. */
export type StoredReport = Partial<InstanceCountersReport>

/** Returns the counters of a report. */
export function activityOf(report: StoredReport): Activity {
  const classes: Record<string, number> = {}
  for (const counts of Object.values(report.routes ?? {}))
    for (const [name, count] of Object.entries(counts)) classes[name] = (classes[name] ?? 0) + count
  return {
    statements: report.statements?.histogram ?? [],
    statements_ms: report.statements?.total_ms ?? 0,
    slow: report.statements?.slow ?? 0,
    failed_connections: report.pool?.failed_connections ?? 0,
    requests: report.requests?.histogram ?? [],
    requests_ms: report.requests?.total_ms ?? 0,
    classes,
    top: (report.top_statements ?? []).map(({ id, calls, total_ms, histogram }) => ({
      id: shortId(id),
      calls,
      total_ms,
      buckets: histogram,
    })),
  }
}

/** Returns what an instance has done since an earlier report of its own. No number is negative. */
export function difference(now: Activity, before: Activity): Activity {
  const known = new Map(before.top.map((statement) => [statement.id, statement]))
  const names = Object.keys(now.classes)
  return {
    statements: subtractBuckets(now.statements, before.statements),
    statements_ms: less(now.statements_ms, before.statements_ms),
    slow: less(now.slow, before.slow),
    failed_connections: less(failedOf(now), failedOf(before)),
    requests: subtractBuckets(now.requests, before.requests),
    requests_ms: less(now.requests_ms, before.requests_ms),
    classes: Object.fromEntries(
      names.map((name) => [name, less(now.classes[name] ?? 0, before.classes[name] ?? 0)] as const),
    ),
    top: now.top.flatMap((statement) => {
      const earlier = known.get(statement.id)
      const calls = less(statement.calls, earlier?.calls ?? 0)
      if (calls === 0) return []
      const total_ms = less(statement.total_ms, earlier?.total_ms ?? 0)
      return [
        { id: statement.id, calls, total_ms, buckets: subtractBuckets(statement.buckets, earlier?.buckets ?? []) },
      ]
    }),
  }
}

/** Adds counters. */
export function sum(list: readonly Activity[]): Activity {
  const classes: Record<string, number> = {}
  for (const activity of list)
    for (const [name, count] of Object.entries(activity.classes)) classes[name] = (classes[name] ?? 0) + count
  return {
    statements: addBuckets(list.map(({ statements }) => statements)),
    statements_ms: total(list.map(({ statements_ms }) => statements_ms)),
    slow: total(list.map(({ slow }) => slow)),
    failed_connections: total(list.map(failedOf)),
    requests: addBuckets(list.map(({ requests }) => requests)),
    requests_ms: total(list.map(({ requests_ms }) => requests_ms)),
    classes,
    top: addStatements(list.flatMap(({ top }) => top)),
  }
}

/** Removes all statements except the `kept` ones with the most time. */
export const withTop = (activity: Activity, kept: number): Activity => ({
  ...activity,
  top: activity.top.slice(0, kept),
})

export const requestsOf = ({ requests }: Activity): number => countOf(requests)

export const failedOf = ({ failed_connections = 0 }: Activity): number => failed_connections

export const errorsOf = ({ classes }: Activity): number => classes['5xx'] ?? 0

/** Adds the calls of each statement, the longest total first. */
function addStatements(statements: readonly StatementActivity[]): readonly StatementActivity[] {
  const byId = new Map<string, StatementActivity[]>()
  for (const statement of statements) byId.set(statement.id, [...(byId.get(statement.id) ?? []), statement])
  return [...byId]
    .map(([id, same]) => ({
      id,
      calls: total(same.map(({ calls }) => calls)),
      total_ms: total(same.map(({ total_ms }) => total_ms)),
      buckets: addBuckets(same.map(({ buckets }) => buckets)),
    }))
    .toSorted((a, b) => b.total_ms - a.total_ms)
}

/** Adds milliseconds and rounds to three decimals, so that sums do not gain digits. */
const total = (values: readonly number[]): number =>
  Math.round(values.reduce((all, value) => all + value, 0) * 1_000) / 1_000

const less = (now: number, before: number): number => Math.max(0, Math.round((now - before) * 1_000) / 1_000)
