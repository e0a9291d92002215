// Requests and answers of monitoring.
import { type Routes, readsOnly, wholeNumber } from '@penstock/shared/base/wire.ts'
import { count, listOf, wireInstant } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'

export const windows = ['5m', '1h', '24h'] as const
export type Window = (typeof windows)[number]

export const QueriesQuery = z.object({
  window: z.enum(windows, `must be one of ${windows.join(', ')}`).default('1h'),
  limit: wholeNumber(1, 100).default(20),
})
export type QueriesQuery = z.output<typeof QueriesQuery>

export const IndexesQuery = z.object({
  unused: z
    .enum(['true', 'false'], 'must be true or false')
    .default('false')
    .transform((text) => text === 'true'),
})
export type IndexesQuery = z.output<typeof IndexesQuery>

/** Makes the schema of an answer about the database; all of them have this form. */
const success = <T extends z.ZodType>(metrics: T, title: string) =>
  z.object({ status: z.literal('success'), metrics }).meta({ title })

/** Makes fields that have the same schema. */
const all = <K extends string, T extends z.ZodType>(kind: T, ...names: readonly K[]) =>
  Object.fromEntries(names.map((name) => [name, kind])) as { readonly [N in K]: T }

const seconds = z.number().describe('Seconds.')
const numberOrNull = z.number().nullable()
const secondsOrNull = z.number().nullable().describe('Seconds; null when nothing was measured.')

/** The fields that describe a deployment. */
const deployment = {
  function: z.string().describe('The deployment.'),
  slices: listOf(z.string()).describe('The slices that it serves.'),
}

const states = all(count, 'active', 'idle', 'idle_in_transaction')

const PoolFunction = z.object({
  ...deployment,
  role: z.string().describe('Its role in the database.'),
  connection_limit: count.describe("The role's CONNECTION LIMIT."),
  instances: count.describe('Instances that are connected, or that have reported within 5 minutes.'),
  connections: count,
  ...states,
  waiting: count.describe('Callers that waited for a connection when their instances last reported.'),
})
export type PoolFunction = z.output<typeof PoolFunction>

const PoolInstance = z.object({
  ...deployment,
  instance: z.string(),
  revision: z.string(),
  reported_at: wireInstant,
  silent: z.boolean().describe('True when its last report is older than 5 minutes.'),
  ...all(count, 'max', 'lent', 'idle', 'waiting'),
})
export type PoolInstance = z.output<typeof PoolInstance>

const PoolAnswer = z.object({
  size: count.describe('Connections that the pools of all living instances may open.'),
  ...all(count, 'checked_in', 'checked_out', 'total_connections', 'waiting'),
  overflow: count.describe('Connections above the size: 0 unless something is wrong.'),
  timestamp: wireInstant,
  budget: z.object({
    tier: z.string(),
    ...all(count, 'max_connections', 'reserved', 'available'),
    planned: count.describe('Connections of all functions and readers at their maximum.'),
  }),
  functions: listOf(PoolFunction),
  instances: listOf(PoolInstance),
})
export type PoolAnswer = z.output<typeof PoolAnswer>

const times = {
  ...all(count, 'total_queries', 'slow_queries'),
  slow_query_percentage: z.number(),
  ...all(seconds, 'average_query_time', 'total_query_time'),
  ...all(secondsOrNull, 'p50_query_time', 'p95_query_time', 'p99_query_time'),
}

const TopStatement = z.object({
  id: z.string(),
  function: z.string().nullable().describe('Null for a role that is not of a function.'),
  text: z.string().describe('The text without its literals, cut at 500 characters.'),
  calls: count,
  mean_ms: z.number(),
  p95_ms: z.number().nullable().describe('Null where only a total is known.'),
  total_ms: z.number(),
  share: z.number().describe('Share of the total time of its source, 0 to 1.'),
  since: wireInstant.nullable().describe('When its numbers begin; null when it is not known.'),
  source: z.enum(['own', 'pg_stat_statements']),
})
export type TopStatement = z.output<typeof TopStatement>

const QueriesAnswer = z.object({
  ...times,
  slow_query_threshold: seconds,
  timestamp: wireInstant,
  since: wireInstant.describe('The beginning of the time that the numbers are of.'),
  functions: listOf(z.object({ ...deployment, ...times })),
  statement_statistics: z.boolean().describe('True when the database has pg_stat_statements.'),
  top_statements: listOf(TopStatement),
})
export type QueriesAnswer = z.output<typeof QueriesAnswer>

const RoleConnections = z.object({
  ...all(z.string(), 'role', 'function'),
  ...all(count, 'limit', 'used'),
  ...states,
  longest_transaction_s: numberOrNull,
})

const ConnectionsAnswer = z.object({
  max_connections: count,
  used: count,
  roles: listOf(RoleConnections),
  others: listOf(z.object({ role: z.string(), used: count })),
})
export type ConnectionsAnswer = z.output<typeof ConnectionsAnswer>

const Index = z.object({
  table: z.string(),
  index: z.string(),
  size_bytes: count,
  scans: count,
  valid: z.boolean(),
  unique: z.boolean(),
  unused_since: wireInstant.nullable().describe('When a scan was last seen; null when monitoring has not seen it yet.'),
})
export type Index = z.output<typeof Index>

const IndexesAnswer = z.object({ indexes: listOf(Index) })
export type IndexesAnswer = z.output<typeof IndexesAnswer>

const LocksAnswer = z.object({
  waiting: listOf(
    z.object({
      pid: count,
      role: z.string(),
      waits_ms: z.number(),
      mode: z.string(),
      relation: z.string().nullable().describe('Null when it waits for another transaction.'),
      blocked_by: listOf(z.object({ pid: count, role: z.string(), state: z.string(), transaction_s: numberOrNull })),
    }),
  ),
  deadlocks: count,
  deadlocks_since: wireInstant.nullable().describe('Null when the statistics were never reset.'),
})
export type LocksAnswer = z.output<typeof LocksAnswer>

const ratio = z.number().nullable().describe('0 to 1; null when nothing was read.')

const Table = z.object({
  table: z.string(),
  ...all(count, 'size_bytes', 'live_rows', 'dead_rows', 'oldest_xid_age'),
  dead_share: z.number(),
  bloat_bytes_estimate: count.describe('The size of the rows times the share of dead ones.'),
  last_autovacuum: wireInstant.nullable(),
  cache_hit_ratio: ratio,
})
export type Table = z.output<typeof Table>

const TablesAnswer = z.object({ tables: listOf(Table), cache_hit_ratio: ratio })
export type TablesAnswer = z.output<typeof TablesAnswer>

const ReplicationAnswer = z.object({
  role: z.enum(['primary', 'replica']),
  replicas: listOf(
    z.object({
      name: z.string(),
      state: z.string(),
      replay_lag_s: numberOrNull,
      replay_lag_bytes: count.nullable(),
    }),
  ),
})
export type ReplicationAnswer = z.output<typeof ReplicationAnswer>

const PublishAnswer = z
  .object({
    status: z.enum(['success', 'partial']),
    metrics: z.object({
      published: count.describe('Series that Cloud Monitoring took.'),
      skipped: count.describe('Series that it has for this minute already.'),
      collected: count.describe('Numbers of the minute.'),
      stored: count.describe('Numbers that were sent to be stored as points of the tenant penstock.'),
      errors: listOf(z.object({ detail: z.string() })),
    }),
  })
  .meta({ title: 'PublishedMetrics' })
export type PublishAnswer = z.output<typeof PublishAnswer>

const Finding = z.object({
  code: z.string(),
  severity: z.enum(['info', 'warning', 'critical']),
  detail: z.string(),
  playbook: z.string().describe('The file that says what to do.'),
})
export type Finding = z.output<typeof Finding>

const Job = z.object({
  job: z.string(),
  period_s: count.describe('Seconds between two runs.'),
  last_success_at: wireInstant.nullable(),
  age_s: z.number().nullable().describe('Seconds since the last success; null before the first one.'),
  outcome: z.enum(['success', 'partial', 'failed']).nullable().describe('That of the newest run that has ended.'),
  late: z.boolean().describe('True when the last success is older than two periods.'),
})
export type Job = z.output<typeof Job>

const SuiteAnswer = z
  .object({
    state: z.enum(['ok', 'degraded', 'down']),
    functions: listOf(
      z.object({
        ...deployment,
        requests: count.describe('Requests of the last hour.'),
        errors: count.describe('Those that were answered with 5xx.'),
        ...all(numberOrNull, 'p50_ms', 'p95_ms', 'p99_ms'),
      }),
    ),
    jobs: listOf(Job),
    findings: listOf(Finding),
  })
  .meta({ title: 'SuiteState' })
export type SuiteAnswer = z.output<typeof SuiteAnswer>

const DATABASE = '/api/v1/monitoring/database'
const read = { method: 'GET', scope: 'operate', problems: [], audit: readsOnly } as const

function ofDatabase<P extends string, T extends z.ZodType>(name: P, summary: string, metrics: T, title: string) {
  return { ...read, path: `${DATABASE}/${name}` as const, summary, answer: success(metrics, title) }
}

/** The routes of this slice: the functions, the local gateway and `npm run deployments` (Terraform's table) read them. */
export const routes = {
  pool: ofDatabase('pool', 'Read which function holds which connections', PoolAnswer, 'DatabasePool'),
  queries: {
    ...ofDatabase(
      'queries',
      'Read how long statements took, and which took the most time',
      QueriesAnswer,
      'DatabaseQueries',
    ),
    query: QueriesQuery,
  },
  connections: ofDatabase(
    'connections',
    'Read the connections of each role against its limit',
    ConnectionsAnswer,
    'DatabaseConnections',
  ),
  indexes: {
    ...ofDatabase('indexes', 'List the indexes with their size and use', IndexesAnswer, 'DatabaseIndexes'),
    query: IndexesQuery,
  },
  locks: ofDatabase('locks', 'Read which sessions wait for a lock, and who holds it', LocksAnswer, 'DatabaseLocks'),
  tables: ofDatabase('tables', 'List the tables with their size, dead rows and age', TablesAnswer, 'DatabaseTables'),
  replication: ofDatabase(
    'replication',
    'Read whether the database is a primary or a replica, and the lag of its replicas',
    ReplicationAnswer,
    'DatabaseReplication',
  ),
  publish: {
    method: 'POST',
    path: `${DATABASE}/publish-metrics`,
    scope: 'operate',
    service: true,
    summary: "Store the minute's numbers, and publish them to Cloud Monitoring",
    answer: [
      { schema: PublishAnswer },
      {
        status: 500,
        schema: PublishAnswer,
        when: 'Some numbers were not published; the next minute publishes its own.',
      },
    ],
    problems: [],
    audit: { unaudited: 'The log of job runs records each run.', failure: 'monitoring.publish' },
  },
  suite: {
    ...read,
    path: '/api/v1/monitoring/suite',
    summary: 'Read whether the suite is well, and what to do where it is not',
    answer: SuiteAnswer,
  },
  scrape: {
    ...read,
    path: '/metrics',
    summary: 'Read all numbers in the text format of Prometheus or OpenMetrics',
    answer: [{ type: 'text/plain' }, { type: 'application/openmetrics-text' }],
  },
} as const satisfies Routes
