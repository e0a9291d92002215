// Rules about what is wrong, each with the playbook that says what to do.
import { fromPostgres, type Micros, SECOND } from '@penstock/shared/base/time.ts'
import type { Finding, Job, PoolFunction, ReplicationAnswer, TablesAnswer } from '../contract.ts'
import { type Activity, errorsOf, requestsOf } from '../counters/activity.ts'
import type { IndexRow } from '../server/index-queries.ts'
import type { FailedNotifications, Unsealed } from './tenant-queries.ts'

/** The facts that findings are made of. */
export interface Facts {
  readonly functions: readonly PoolFunction[]
  readonly indexes: readonly IndexRow[]
  /** Age of the oldest open transaction of any session, in seconds. */
  readonly longestTransaction_s: number | null
  readonly tables: TablesAnswer['tables']
  readonly replicas: ReplicationAnswer['replicas']
  readonly jobs: readonly Job[]
  /** The last 5 minutes of each function. */
  readonly recent: Readonly<Record<string, Activity>>
  readonly failedNotifications: FailedNotifications
  readonly unsealed: Unsealed
  readonly now: Micros
}

const MIB = 1024 * 1024
const limits = {
  connectionShare: 0.8,
  /** A role with a lower limit is ignored, because one busy instance uses all of it. */
  fewestConnections: 5,
  unused_s: 30 * 86_400,
  unusedBytes: 10 * MIB,
  transaction_s: 300,
  xidAge: 1e9,
  deadShare: 0.3,
  /** Tables with fewer dead rows are ignored, because autovacuum ignores them too. */
  fewestDeadRows: 10_000,
  replica_s: 60,
  fewestRequests: 10,
  /** Seals are made every 5 minutes; a transaction that stays open for longer holds them back. */
  unsealed_s: 1_800,
}

/** The playbook of each finding, below docs/playbooks. A late job has one of its own where there is one. */
export const findingPlaybooks = {
  connections_near_limit: 'connections',
  index_invalid: 'indexes',
  index_unused: 'indexes',
  transaction_old: 'transactions',
  xid_age: 'wraparound',
  dead_rows: 'dead-rows',
  job_late: 'jobs',
  replica_late: 'replica',
  function_failing: 'errors',
  notifications_failed: 'notifications',
  audit_unsealed: 'audit-age',
} as const
type Code = keyof typeof findingPlaybooks

const JOB_PLAYBOOKS: Readonly<Record<string, string>> = {
  partitions: 'partitions-age',
  alerts: 'alerts-age',
  audit: 'audit-age',
  backup: 'backup',
  'backup-export': 'backup',
  'backup-continue': 'backup',
  compaction: 'compaction-age',
  retention: 'retention',
  monitoring: 'monitoring-age',
}

/** Returns everything that is wrong, the most severe first. */
export function findingsOf(facts: Facts): readonly Finding[] {
  const found = [
    ...failingFunctions(facts),
    ...wraparound(facts),
    ...busyRoles(facts),
    ...oldTransactions(facts),
    ...lateJobs(facts),
    ...unsealedEntries(facts),
    ...failedNotifications(facts),
    ...lateReplicas(facts),
    ...indexFindings(facts),
    ...deadRows(facts),
  ]
  const rank = { critical: 0, warning: 1, info: 2 }
  return found.toSorted((a, b) => rank[a.severity] - rank[b.severity])
}

/** Returns the state of the suite: down when a function always fails, degraded when there is any finding that is more than a hint. */
export function stateOf(findings: readonly Finding[]): 'ok' | 'degraded' | 'down' {
  if (findings.some(({ code }) => code === ('function_failing' satisfies Code))) return 'down'
  return findings.some(({ severity }) => severity !== 'info') ? 'degraded' : 'ok'
}

function finding(
  code: Code,
  severity: Finding['severity'],
  detail: string,
  playbook: string = findingPlaybooks[code],
): Finding {
  return { code, severity, detail, playbook: `docs/playbooks/${playbook}.md` }
}

const failingFunctions = ({ recent }: Facts): readonly Finding[] =>
  Object.entries(recent).flatMap(([name, activity]) => {
    const requests = requestsOf(activity)
    if (requests < limits.fewestRequests || errorsOf(activity) < requests) return []
    return finding(
      'function_failing',
      'critical',
      `${name} answered each of ${requests} requests of the last 5 minutes with 5xx.`,
    )
  })

const wraparound = ({ tables }: Facts): readonly Finding[] =>
  tables.flatMap(({ table, oldest_xid_age: age }) =>
    age > limits.xidAge
      ? finding(
          'xid_age',
          'critical',
          `The oldest transaction id of ${table} is ${age} transactions old; the server stops at 2,100,000,000.`,
        )
      : [],
  )

const busyRoles = ({ functions }: Facts): readonly Finding[] =>
  functions.flatMap(({ function: name, connections, connection_limit: limit }) =>
    limit >= limits.fewestConnections && connections > limits.connectionShare * limit
      ? finding('connections_near_limit', 'warning', `${name} has ${connections} connections of ${limit}.`)
      : [],
  )

const oldTransactions = ({ longestTransaction_s: age }: Facts): readonly Finding[] =>
  age !== null && age > limits.transaction_s
    ? [finding('transaction_old', 'warning', `A transaction has been open for ${Math.round(age)} s.`)]
    : []

const lateJobs = ({ jobs }: Facts): readonly Finding[] =>
  jobs.flatMap(({ job, late, age_s, period_s }) => {
    if (!late) return []
    const age = age_s === null ? 'has never succeeded' : `last succeeded ${Math.round(age_s)} s ago`
    return finding('job_late', 'warning', `${job} ${age}; it runs every ${period_s} s.`, JOB_PLAYBOOKS[job])
  })

const unsealedEntries = ({ unsealed: { entries, age_s: age } }: Facts): readonly Finding[] =>
  age !== null && age > limits.unsealed_s
    ? [
        finding(
          'audit_unsealed',
          'warning',
          `No seal contains ${counted(entries, 10_000)} entries of the audit log; the first was written ${Math.round(age)} s ago.`,
        ),
      ]
    : []

const counted = (count: number, most: number): string => (count < most ? String(count) : `${most} or more`)

const failedNotifications = ({ failedNotifications: { notifications, tenants } }: Facts): readonly Finding[] =>
  notifications > 0
    ? [
        finding(
          'notifications_failed',
          'warning',
          `${notifications} notifications of the last two days failed for good, of ${tenants} tenants.`,
        ),
      ]
    : []

const lateReplicas = ({ replicas }: Facts): readonly Finding[] =>
  replicas.flatMap(({ name, replay_lag_s: lag }) =>
    lag !== null && lag > limits.replica_s
      ? finding('replica_late', 'warning', `The replica ${name} is ${Math.round(lag)} s behind.`)
      : [],
  )

function indexFindings({ indexes, now }: Facts): readonly Finding[] {
  return indexes.flatMap((row) => {
    if (!row.valid)
      return finding('index_invalid', 'warning', `The index ${row.index} of ${row.table} is invalid: no query uses it.`)
    if (row.unique || row.changed_at === null || row.size_bytes <= limits.unusedBytes) return []
    const unused_s = (now - fromPostgres(row.changed_at)) / SECOND
    if (unused_s <= limits.unused_s) return []
    const days = Math.floor(unused_s / 86_400)
    return finding(
      'index_unused',
      'info',
      `The index ${row.index} of ${row.table} has not been used for ${days} days, and has ${Math.round(row.size_bytes / MIB)} MiB.`,
    )
  })
}

const deadRows = ({ tables }: Facts): readonly Finding[] =>
  tables.flatMap(({ table, dead_rows, dead_share }) =>
    dead_share > limits.deadShare && dead_rows >= limits.fewestDeadRows
      ? finding('dead_rows', 'warning', `${Math.round(100 * dead_share)} % of the rows of ${table} are dead.`)
      : [],
  )
