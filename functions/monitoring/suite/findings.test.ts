import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DAY, toPostgres } from '@penstock/shared/base/time.ts'
import { expect, it } from 'vitest'
import { nothing } from '../counters/activity.ts'
import { type Facts, findingsOf, stateOf } from './findings.ts'

const NOW = Date.UTC(2026, 10, 20) * 1_000
const root = join(import.meta.dirname, '../../..')

const quiet: Facts = {
  functions: [],
  indexes: [],
  longestTransaction_s: null,
  tables: [],
  replicas: [],
  jobs: [],
  recent: {},
  failedNotifications: { notifications: 0, tenants: 0 },
  unsealed: { entries: 0, age_s: null },
  now: NOW,
}
const pool = (connections: number, connection_limit: number) => ({
  function: 'feedback',
  slices: ['feedback'],
  role: 'penstock_feedback',
  connection_limit,
  instances: 1,
  connections,
  active: 0,
  idle: connections,
  idle_in_transaction: 0,
  waiting: 0,
})
const table = (dead_rows: number, live_rows: number, oldest_xid_age = 0) => ({
  table: 't',
  size_bytes: 0,
  live_rows,
  dead_rows,
  dead_share: dead_rows / (dead_rows + live_rows),
  bloat_bytes_estimate: 0,
  last_autovacuum: null,
  oldest_xid_age,
  cache_hit_ratio: null,
})
const index = (size_bytes: number, days: number, { valid = true, unique = false } = {}) => ({
  table: 't',
  index: 'i',
  size_bytes,
  scans: 0,
  valid,
  unique,
  changed_at: toPostgres(NOW - days * DAY),
})
const MIB = 1024 * 1024
const job = (late: boolean) => ({
  job: 'partitions',
  period_s: 300,
  last_success_at: null,
  age_s: 601,
  outcome: null,
  late,
})
const replica = (replay_lag_s: number | null) => ({ name: 'r', state: 'streaming', replay_lag_s, replay_lag_bytes: 0 })
const answered = (ok: number, failed: number) => ({
  recent: { feedback: { ...nothing, requests: [3, ok + failed], classes: { '2xx': ok, '5xx': failed } } },
})

it.each<[string, Partial<Facts>, readonly string[]]>([
  ['nothing', {}, []],
  ['80 % of a limit', { functions: [pool(8, 10)] }, []],
  ['more than 80 % of a limit', { functions: [pool(9, 10)] }, ['connections_near_limit']],
  ['all of a small limit', { functions: [pool(4, 4)] }, []],
  ['a transaction of 5 minutes', { longestTransaction_s: 300 }, []],
  ['a transaction of more', { longestTransaction_s: 301 }, ['transaction_old']],
  ['30 % dead rows', { tables: [table(30_000, 70_000)] }, []],
  ['more dead rows', { tables: [table(30_001, 70_000)] }, ['dead_rows']],
  ['few dead rows', { tables: [table(9_999, 1)] }, []],
  ['an age of 10^9', { tables: [table(0, 1, 1e9)] }, []],
  ['an age of more', { tables: [table(0, 1, 1e9 + 1)] }, ['xid_age']],
  ['an index unused for 30 days', { indexes: [index(11 * MIB, 30)] }, []],
  ['an index unused for longer', { indexes: [index(11 * MIB, 31)] }, ['index_unused']],
  ['a small unused index', { indexes: [index(10 * MIB, 31)] }, []],
  ['an unused constraint', { indexes: [index(11 * MIB, 31, { unique: true })] }, []],
  ['an invalid index', { indexes: [index(0, 0, { valid: false })] }, ['index_invalid']],
  ['a job in time', { jobs: [job(false)] }, []],
  ['a late job', { jobs: [job(true)] }, ['job_late']],
  ['a replica 60 s behind', { replicas: [replica(60), replica(null)] }, []],
  ['a replica further behind', { replicas: [replica(61)] }, ['replica_late']],
  ['a notification that failed', { failedNotifications: { notifications: 1, tenants: 1 } }, ['notifications_failed']],
  ['entries that wait for a seal', { unsealed: { entries: 9, age_s: 1_800 } }, []],
  ['entries that wait for longer', { unsealed: { entries: 9, age_s: 1_801 } }, ['audit_unsealed']],
  ['failures among successes', answered(1, 99), []],
  ['few failures', answered(0, 9), []],
  ['failures alone', answered(0, 10), ['function_failing']],
])('finds what %s is', (_, facts, codes) => {
  const findings = findingsOf({ ...quiet, ...facts })
  expect(findings.map(({ code }) => code)).toEqual(codes)
  for (const { playbook } of findings) expect(existsSync(join(root, playbook))).toBe(true)
})

it('is down with a failing function, degraded with a warning, and ok with a hint', () => {
  const state = (facts: Partial<Facts>) => stateOf(findingsOf({ ...quiet, ...facts }))
  expect([
    state({}),
    state({ indexes: [index(11 * MIB, 31)] }),
    state({ jobs: [job(true)] }),
    state({ ...answered(0, 10), jobs: [job(true)] }),
  ]).toEqual(['ok', 'ok', 'degraded', 'down'])
})

it('names the playbook of the job that is late, and the most severe finding first', () => {
  const findings = findingsOf({
    ...quiet,
    jobs: [job(true)],
    tables: [table(0, 1, 2e9)],
    indexes: [index(11 * MIB, 31)],
  })
  expect(findings.map(({ code, playbook }) => [code, playbook])).toEqual([
    ['xid_age', 'docs/playbooks/wraparound.md'],
    ['job_late', 'docs/playbooks/partitions-age.md'],
    ['index_unused', 'docs/playbooks/indexes.md'],
  ])
})
