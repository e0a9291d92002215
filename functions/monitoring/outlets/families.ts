// The families of /metrics. None of them has a tenant as a label.
import type { Micros } from '@penstock/shared/base/time.ts'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { BUCKETS } from '@penstock/shared/report/histogram.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { failedOf } from '../counters/activity.ts'
import { type BucketList, boundOf, countOf, cumulative } from '../counters/buckets.ts'
import { type ActivityByFunction, readTotals } from '../counters/window.ts'
import { selectDeadlocks } from '../server/lock-queries.ts'
import { connectionsOf, readSessions } from '../server/sessions.ts'
import { selectDatabase } from '../server/table-queries.ts'
import { ratioOf } from '../server/tables.ts'
import { type Facts, findingsOf } from '../suite/findings.ts'
import { readFacts } from '../suite/suite.ts'
import type { Family, Sample } from './exposition.ts'

/** The only family that is answered while the database is not available. */
export const down: readonly Family[] = [up(0)]

/** Every fifth bucket of the reports: bounds grow by 61 %, from 0.1 ms to 38 s. */
const BOUNDS = Array.from({ length: Math.floor((BUCKETS - 1) / 5) }, (_, i) => 5 * (i + 1))

type Numbered = readonly (readonly [labels: Readonly<Record<string, string>>, value: number | null])[]

/** Reads everything that is exposed. */
export async function readFamilies(
  tx: Transaction<Database>,
  moment: { readonly tier: Tier; readonly now: Micros },
): Promise<readonly Family[]> {
  const facts = await readFacts(tx, moment)
  const server = await readSessions(tx, moment.tier)
  const totals = await readTotals(tx, moment.now)
  const database = await selectDatabase(tx)
  const { deadlocks } = await selectDeadlocks(tx)
  const { used, max_connections } = connectionsOf(server)
  return [
    up(1),
    ...connections(facts.functions),
    gauge('database_connections', 'Connections of all clients.', [[{}, used]]),
    gauge('database_max_connections', 'Connections that the server allows.', [[{}, max_connections]]),
    gauge('database_size_bytes', 'Size of the database.', [[{}, database.size_bytes]]),
    gauge('database_cache_hit_ratio', 'Share of blocks that were in the cache of the server.', [
      [{}, ratioOf(database)],
    ]),
    counter('database_deadlocks', 'Deadlocks since the statistics were reset.', [[{}, deadlocks]]),
    ...tables(facts.tables),
    ...activities(totals),
    ...health(facts),
  ]
}

function connections(functions: Facts['functions']): readonly Family[] {
  const each = (pick: (row: Facts['functions'][number]) => number): Numbered =>
    functions.map((row) => [{ function: row.function }, pick(row)])
  const states = functions.flatMap(
    (row): Numbered => [
      [{ function: row.function, state: 'active' }, row.active],
      [{ function: row.function, state: 'idle' }, row.idle],
      [{ function: row.function, state: 'idle_in_transaction' }, row.idle_in_transaction],
    ],
  )
  return [
    gauge('connections', 'Connections by function and state.', states),
    gauge(
      'connection_limit',
      'Connections that a function may open.',
      each((row) => row.connection_limit),
    ),
    gauge(
      'pool_waiting',
      'Callers that waited for a connection when their instances last reported.',
      each((row) => row.waiting),
    ),
    gauge(
      'instances',
      'Living instances of a function.',
      each((row) => row.instances),
    ),
  ]
}

function health(facts: Facts): readonly Family[] {
  const ages: Numbered = facts.jobs.map(({ job, age_s }) => [{ job }, age_s])
  const late: Numbered = facts.jobs.map((row) => [{ job: row.job }, row.late ? 1 : 0])
  const lags: Numbered = facts.replicas.map(({ name, replay_lag_s }) => [{ name }, replay_lag_s])
  return [
    gauge('job_age_seconds', 'Seconds since the last success of a job.', ages),
    gauge('job_late', '1 when the last success of a job is older than two of its periods.', late),
    gauge('replica_lag_seconds', 'Seconds that a replica is behind.', lags),
    gauge('findings', 'Number of findings by severity.', severitiesOf(findingsOf(facts))),
  ]
}

function tables(rows: Facts['tables']): readonly Family[] {
  return [
    gauge(
      'table_size_bytes',
      'Size of a table with its indexes.',
      rows.map(({ table, size_bytes }) => [{ table }, size_bytes]),
    ),
    gauge(
      'table_live_rows',
      'Estimated number of rows of a table.',
      rows.map(({ table, live_rows }) => [{ table }, live_rows]),
    ),
    gauge(
      'table_dead_rows',
      'Estimated number of dead rows of a table.',
      rows.map(({ table, dead_rows }) => [{ table }, dead_rows]),
    ),
    gauge(
      'table_xid_age',
      'Age of the oldest transaction id of a table.',
      rows.map(({ table, oldest_xid_age }) => [{ table }, oldest_xid_age]),
    ),
  ]
}

function activities(totals: ActivityByFunction): readonly Family[] {
  const all = Object.entries(totals)
  return [
    counter(
      'requests',
      'Requests by the class of their status.',
      all.flatMap(
        ([name, { classes }]): Numbered =>
          Object.entries(classes).map(([status, value]) => [{ function: name, class: status }, value]),
      ),
    ),
    counter(
      'slow_statements',
      'Statements of 0.2 s and more.',
      all.map(([name, { slow }]) => [{ function: name }, slow]),
    ),
    counter(
      'failed_connections',
      'Attempts of the functions to connect to the database that failed.',
      all.map(([name, activity]) => [{ function: name }, failedOf(activity)]),
    ),
    histogram(
      'statement_duration_seconds',
      'Time of statements, as the functions measure it.',
      all.map(([name, it]) => [name, it.statements, it.statements_ms]),
    ),
    histogram(
      'request_duration_seconds',
      'Time of requests.',
      all.map(([name, it]) => [name, it.requests, it.requests_ms]),
    ),
  ]
}

function severitiesOf(findings: ReturnType<typeof findingsOf>): Numbered {
  return (['critical', 'warning', 'info'] as const).map((severity) => [
    { severity },
    findings.filter((it) => it.severity === severity).length,
  ])
}

function up(value: 0 | 1): Family {
  return gauge('up', '1 when the database could be asked.', [[{}, value]])
}

function gauge(name: string, help: string, numbers: Numbered): Family {
  return { name: `penstock_${name}`, type: 'gauge', help, samples: samplesOf(numbers) }
}

function counter(name: string, help: string, numbers: Numbered): Family {
  return { name: `penstock_${name}`, type: 'counter', help, samples: samplesOf(numbers) }
}

function samplesOf(numbers: Numbered): readonly Sample[] {
  return numbers.flatMap(([labels, value]) => (value === null ? [] : [{ labels, value }]))
}

function histogram(
  name: string,
  help: string,
  functions: readonly (readonly [name: string, buckets: BucketList, totalMs: number])[],
): Family {
  const samples = functions.flatMap(([deployment, buckets, totalMs]): readonly Sample[] => {
    const labels = { function: deployment }
    const counts = cumulative(buckets, BOUNDS)
    const count = countOf(buckets)
    return [
      ...BOUNDS.map((bound, i) => ({
        suffix: '_bucket',
        labels: { ...labels, le: secondsOf(bound) },
        value: counts[i] ?? 0,
      })),
      { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
      { suffix: '_sum', labels, value: totalMs / 1_000 },
      { suffix: '_count', labels, value: count },
    ]
  })
  return { name: `penstock_${name}`, type: 'histogram', help, samples }
}

/** The bound of a bucket in seconds, with four significant digits. */
const secondsOf = (bound: number): string => String(Number((boundOf(bound) / 1_000).toPrecision(4)))
