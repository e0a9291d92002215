// The sample of a minute: what every function did in it, and the numbers that are published.
import { fromPostgres, type Micros } from '@penstock/shared/base/time.ts'
import type { Tier } from '@penstock/shared/config/tier.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import {
  type Activity,
  activityOf,
  errorsOf,
  failedOf,
  nothing,
  requestsOf,
  type StoredReport,
  sum,
  withTop,
} from '../counters/activity.ts'
import {
  forgetInstances,
  putSeen,
  putTotals,
  selectReports,
  selectSampled,
  selectSeen,
  selectTotals,
} from '../counters/activity-queries.ts'
import { countOf, percentile } from '../counters/buckets.ts'
import { type ActivityByFunction, changes, FIRST_SAMPLE, merged } from '../counters/window.ts'
import { putIndexUse, selectIndexes } from '../server/index-queries.ts'
import { selectDeadlocks, selectWaiting } from '../server/lock-queries.ts'
import { longestTransaction, poolOf, readSessions, type ServerSessions } from '../server/sessions.ts'
import { timesOf } from '../server/statements.ts'
import { selectDatabase, selectIsReplica, selectReplicas, selectTables } from '../server/table-queries.ts'
import { ratioOf } from '../server/tables.ts'
import { selectJobs } from '../suite/job-queries.ts'
import { jobNames, jobsOf } from '../suite/jobs.ts'
import { insertSample, selectLastSample } from './sample-queries.ts'

/** A number of the suite at the end of a minute. */
export interface SampleNumber {
  /** `suite`, `database`, or the name of a function. */
  readonly service: string
  readonly metric: string
  readonly unit: string
  readonly value: number
  readonly labels?: Readonly<Record<string, string>>
}

export interface SampleCall {
  readonly tier: Tier
  readonly now: Micros
  readonly minute: Micros
  /** Numbers of the database's instance from Cloud Monitoring. */
  readonly instance: readonly SampleNumber[]
}

/** A sample contains this many statements of each function: those with the most time in the minute. */
const KEPT_STATEMENTS = 10

/**
 * Takes the sample of a minute, or returns the numbers of the one that is stored. Safe to repeat. Returns undefined when a later minute has
 * its sample already, because its counters contain those of this one.
 */
export async function takeSample(
  tx: Transaction<Database>,
  call: SampleCall,
): Promise<readonly SampleNumber[] | undefined> {
  const last = await selectLastSample<SampleNumber>(tx)
  const lastAt = last === undefined ? Number.NEGATIVE_INFINITY : fromPostgres(last.at)
  if (last && lastAt === call.minute) return last.numbers
  if (lastAt > call.minute) return undefined
  const reports = await selectReports<StoredReport>(tx)
  const seen = await selectSeen<Activity>(tx)
  const activity = changes(reports, seen, last ? undefined : call.now - FIRST_SAMPLE)
  const numbers = await numbersOf(tx, activity, { ...call, before: last?.numbers ?? [] })
  const kept = Object.fromEntries(Object.entries(activity).map(([name, it]) => [name, withTop(it, KEPT_STATEMENTS)]))
  if (!(await insertSample(tx, call.minute, { activity: kept, numbers })))
    return (await selectLastSample<SampleNumber>(tx))?.numbers
  const totals = merged([Object.fromEntries(await selectTotals<Activity>(tx)), activity])
  await putTotals(
    tx,
    Object.entries(totals).map(([name, it]) => [name, withTop(it, 0)] as const),
  )
  const started = new Map(seen.map((row) => [`${row.function} ${row.instance}`, row]))
  const changed = reports
    .map((row) => ({ ...row, activity: activityOf(row.report) }))
    .filter((row) => {
      const before = started.get(`${row.function} ${row.instance}`)
      return before?.started_at !== row.started_at || JSON.stringify(before.activity) !== JSON.stringify(row.activity)
    })
  await putSeen(tx, changed)
  await forgetInstances(tx)
  return numbers
}

type NumbersCall = SampleCall & { readonly before: readonly SampleNumber[] }

async function numbersOf(
  tx: Transaction<Database>,
  activity: ActivityByFunction,
  call: NumbersCall,
): Promise<readonly SampleNumber[]> {
  const server = await readSessions(tx, call.tier)
  const reports = await selectReports<StoredReport>(tx)
  const pool = poolOf(server, reports, call)
  const indexes = await selectIndexes(tx)
  await putIndexUse(tx, indexes)
  return [
    ...ofSuite(pool, sum(Object.values(activity))),
    ...pool.functions.flatMap((row) => ofFunction(row, activity[row.function] ?? nothing)),
    ...(await ofDatabase(tx, server, call)),
    ...(await ofJobs(tx, call.now)),
    ...call.instance,
  ]
}

type Pool = ReturnType<typeof poolOf>

function ofSuite(pool: Pool, all: Activity): readonly SampleNumber[] {
  const times = timesOf(all)
  const requests = requestsOf(all)
  return given('suite', [
    ['connection_pool_size', '1', pool.size],
    ['connection_pool_checked_in', '1', pool.checked_in],
    ['connection_pool_checked_out', '1', pool.checked_out],
    ['connection_pool_overflow', '1', pool.overflow],
    ['connection_pool_total', '1', pool.total_connections],
    ['query_count', '1', times.total_queries],
    ['slow_query_count', '1', times.slow_queries],
    ['failed_connections', '1', failedOf(all)],
    ['slow_query_percentage', '%', times.slow_query_percentage],
    ['average_query_time_ms', 'ms', times.average_query_time * 1_000],
    ['query_p95_ms', 'ms', percentile(all.statements, 0.95)],
    ['requests', '1', requests],
    ['error_percentage', '%', requests === 0 ? 0 : (100 * errorsOf(all)) / requests],
    ['request_p95_ms', 'ms', percentile(all.requests, 0.95)],
  ])
}

const ofFunction = (row: Pool['functions'][number], activity: Activity): readonly SampleNumber[] =>
  given(row.function, [
    ['connections', '1', row.connections],
    ['waiting', '1', row.waiting],
    ['requests', '1', requestsOf(activity)],
    ['errors', '1', errorsOf(activity)],
    ['request_p95_ms', 'ms', percentile(activity.requests, 0.95)],
    ['queries', '1', countOf(activity.statements)],
  ])

async function ofDatabase(
  tx: Transaction<Database>,
  server: ServerSessions,
  { before }: NumbersCall,
): Promise<readonly SampleNumber[]> {
  const database = await selectDatabase(tx)
  const tables = await selectTables(tx)
  const { deadlocks } = await selectDeadlocks(tx)
  const earlier = before.find(({ service, metric }) => service === 'database' && metric === 'deadlocks_total')?.value
  const used = server.others.length + server.functions.reduce((all, { sessions }) => all + sessions.length, 0)
  const replicas = (await selectIsReplica(tx)) ? [] : await selectReplicas(tx)
  const lags = replicas.flatMap(({ lag_s }) => lag_s ?? [])
  const sessions = [...server.functions.flatMap((it) => it.sessions), ...server.others]
  return given('database', [
    ['connections', '1', used],
    ['connection_percentage', '%', server.maxConnections === 0 ? 0 : (100 * used) / server.maxConnections],
    ['size_bytes', 'By', database.size_bytes],
    ['cache_hit_ratio', '1', ratioOf(database)],
    ['deadlocks', '1', Math.max(0, deadlocks - (earlier ?? deadlocks))],
    ['deadlocks_total', '1', deadlocks],
    ['waiting_for_locks', '1', (await selectWaiting(tx)).length],
    ['longest_transaction_s', 's', longestTransaction(sessions) ?? 0],
    ['oldest_xid_age', '1', Math.max(0, ...tables.map(({ oldest_xid_age }) => oldest_xid_age))],
    ['replica_lag_s', 's', lags.length === 0 ? null : Math.max(...lags)],
  ])
}

async function ofJobs(tx: Transaction<Database>, now: Micros): Promise<readonly SampleNumber[]> {
  const sampled = await selectSampled(tx)
  const jobs = jobsOf(await selectJobs(tx, jobNames), sampled?.first, now)
  return jobs.flatMap(({ job, age_s }) =>
    age_s === null ? [] : [{ service: 'jobs', metric: 'job_age_s', unit: 's', value: age_s, labels: { job } }],
  )
}

/** Removes numbers that were not measured. */
const given = (
  service: string,
  numbers: readonly (readonly [metric: string, unit: string, value: number | null])[],
): readonly SampleNumber[] =>
  numbers.flatMap(([metric, unit, value]) => (value === null ? [] : [{ service, metric, unit, value }]))
