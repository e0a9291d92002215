// The planned roles of the database, from connection-budget.json: names, logins, grants, policies. apply-roles.ts applies the plan, and
// drift/ finds differences.
import type { Tier } from '@penstock/shared/config/tier.ts'
import { type ConnectionBudget, type Deployment, roleOf } from '@penstock/shared/database/connection-budget.ts'
import { AUDIT_FUNCTIONS, AUDIT_WRITER, auditGrants, auditPolicies, RECORDED } from './audit-roles.ts'
import { type Privilege, privilegesOf } from './grants.ts'
import { grantsOf } from './slice-data.ts'

/** Owns tables, policies and functions, except those of months. It cannot log in, and no function is a member of it. */
export const OWNER = 'penstock_owner'
/** Owns the tables of months and nothing else. It cannot log in. Functions that make and drop months take it for DDL. */
export const MONTHS = 'penstock_months'
/** Owns the functions that are called before a tenant is known, and those that administer tenants. It cannot log in. */
export const AUTHENTICATOR = 'penstock_authenticator'
/** The role of a person's commands (tenants, keys, import, dead letters). It cannot log in. */
export const ADMIN = 'penstock_admin'
/** Has the rights of readers. It cannot log in. Its members are one login per tenant, which `npm run reader` makes. */
export const READER = 'penstock_reader'
/** Owns the functions by which readers ask for points and hours. It cannot log in, and no role is a member of it. */
export const READER_SOURCE = 'penstock_reader_source'
/** May change roles, and owns the functions that restore logins. It cannot log in, and no role is a member of it. */
export const WARDEN = 'penstock_warden'
/** PostgreSQL's own role that reads all statistics. */
export const MONITOR = 'pg_monitor'
/**
 * The functions that are called before a tenant is known. `authenticate_api_key` is for instances of the release before, which run on while
 * a new one is deployed.
 */
const QUESTIONS: readonly string[] = [
  'authenticate_api_key(text, bytea)',
  'find_tenant(text)',
  'find_tenant_and_plan(text)',
  'identify_api_key(text, bytea)',
  'identify_user(text, text)',
]
/** Adds what an instance has counted of all tenants: migrations/0103-quota-leases.sql. */
const ADD_USAGE = 'add_usage(jsonb)'
/** The functions by which platform keys administer tenants and visitors get one, and the slice that calls them. */
const ADMINISTRATION: readonly string[] = [
  'list_tenants(text, int)',
  'add_tenant(text, text, int, text[])',
  'change_tenant(text, text, text, int, text[])',
  'add_demo_tenant(text, int)',
]
const ADMINISTRATOR = 'identity'
/** The functions by which readers ask for points and hours. */
const READER_QUESTIONS: readonly string[] = ['metric_points', 'metric_hours'].map(
  (name) => `${name}(int, timestamptz, timestamptz)`,
)
/** The functions by which the partitions function restores logins: migrations/0018-role-watch.sql. */
const WATCH: readonly string[] = ['role_salts()', 'restore_roles(text[])']
/** The slice that watches logins. */
const WATCHER = 'partitions'
/** The functions that say which tenants have alert rules to evaluate and notifications to send: migrations/0110-alerts.sql and later. */
const ALERT_WORK: readonly string[] = ['alert_work()', 'notification_work()']
/** The functions that say what is wrong across tenants, in numbers: migrations/0135-suite-findings.sql. */
const FINDINGS: readonly string[] = ['failed_notifications()', 'unsealed_entries()']
/** The slice that reports findings. */
const OBSERVER = 'monitoring'
/** The slice that evaluates alert rules and sends notifications. */
const EVALUATOR = 'alerts'

/** Says to readers what to ask instead of a former table; it reads nothing. */
const FORMER_TABLE = 'asks_former_table(text, text, text)'

/** Functions that run with their owner's rights, and the roles that may call them. */
export const wantedDefiners = (plan: RolePlan) => {
  const all = deploymentsIn(plan)
  const callersOf = (slice: string) =>
    all.filter(([, { slices }]) => slices.includes(slice)).map(([name]) => roleOf(name))
  return [
    ...[...QUESTIONS, ADD_USAGE].map((signature) => ({
      signature,
      owner: AUTHENTICATOR as string,
      callers: all.map(([name]) => roleOf(name)),
    })),
    ...READER_QUESTIONS.map((signature) => ({ signature, owner: READER_SOURCE, callers: [READER] })),
    ...ADMINISTRATION.map((signature) => ({ signature, owner: AUTHENTICATOR, callers: callersOf(ADMINISTRATOR) })),
    { signature: FORMER_TABLE, owner: OWNER as string, callers: [READER] },
    // A trigger calls them without a privilege; the role that creates the trigger needs one.
    ...AUDIT_FUNCTIONS.map((signature) => ({ signature, owner: AUDIT_WRITER as string, callers: [OWNER] })),
    ...WATCH.map((signature) => ({ signature, owner: WARDEN, callers: callersOf(WATCHER) })),
    ...ALERT_WORK.map((signature) => ({ signature, owner: AUTHENTICATOR, callers: callersOf(EVALUATOR) })),
    ...FINDINGS.map((signature) => ({ signature, owner: AUTHENTICATOR, callers: callersOf(OBSERVER) })),
  ]
}

export { roleOf }

/** Returns the login of a tenant's reader. Row security derives the tenant from this name: see migrations/0008-readers.sql. */
export const readerOf = (tenantId: number): string => `${READER}_${tenantId}`

/** Everything that the roles depend on: the budget, the tier, and who logs in without a password. */
export interface RolePlan {
  readonly budget: ConnectionBudget
  readonly tier: Tier
  /** IAM users by deployment; undefined: as the database has them. */
  readonly users?: Readonly<Record<string, string>> | undefined
  /** Deployments of another grouping that still run. They keep their privileges. */
  readonly leaving?: Readonly<Record<string, Deployment>>
  /** Connection limits by deployment, while deployments of two groupings run; absent: the budget's. */
  readonly limits?: ReadonlyMap<string, number>
}

/** The deployments that have a role. One without connections has none. */
export const deploymentsIn = ({ budget, tier, leaving }: RolePlan): readonly (readonly [name: string, Deployment])[] =>
  Object.entries({ ...budget.tiers[tier].deployments, ...leaving }).filter(([, { pool }]) => pool > 0)

/** A role that logs in: a function's own, or the IAM user that has it. */
export interface WantedLogin {
  readonly role: string
  readonly connections: number
  /** Defaults of its sessions: PostgreSQL takes them from the role that logs in, not from roles that it is a member of. */
  readonly settings: Readonly<Record<string, string>>
}

/**
 * Settings that the code relies on in every session. They are set on the role, so that they also hold behind a transaction pooler. The
 * names are in PostgreSQL's spelling, because they are compared.
 */
const SESSION_SETTINGS = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  extra_float_digits: '1',
  // Cloud SQL's disks are SSDs: with the default of 4 a month is scanned completely although its index would do.
  random_page_cost: '1.1',
  // Short statements over many partitions: compiling them costs more than it saves.
  jit: 'off',
}

const ADMIN_GRANTS = privilegesOf({
  tenant: { select: true, insert: true, update: true },
  api_key: { select: true, insert: true, update: true },
  // Import stores points, of one tenant at a time.
  metric_series: { select: true, insert: true, update: ['active'] },
  metric_log: { insert: ['tenant_id', 'block', 'first_ts', 'last_ts', 'n', 'series', 'ts', 'value'] },
  metric_expiry: { select: true },
  store_state: { select: true },
  import_progress: { select: true, insert: true, update: true, delete: true },
  dead_letter: { select: true, update: ['reason'], delete: true },
  tenant_quota: { select: true, insert: true, update: ['max_rows', 'max_bytes'], delete: true },
  tenant_usage: { select: true, insert: true, update: ['row_count', 'byte_count'] },
  // The default rules of the suite's own tenant.
  alert_rule: { select: true, insert: true },
})
/** Tables in which the admin sees the rows of every tenant. */
const ADMIN_SEES_ALL = ['tenant', 'api_key', 'dead_letter', 'tenant_quota', 'tenant_usage']
const AUTHENTICATOR_GRANTS = privilegesOf({
  tenant: {
    select: true,
    insert: ['name', 'plan', 'series_limit', 'ignored_labels'],
    update: ['status', 'plan', 'series_limit', 'ignored_labels'],
  },
  plan: { select: true },
  api_key: { select: true, update: ['last_used_at'] },
  app_user: { select: true, update: ['last_login_at', 'status'] },
  usage_day: { select: true, insert: true, update: true, delete: true },
  alert_rule: { select: ['tenant_id', 'id', 'enabled', 'updated_at'] },
  alert_state: { select: ['tenant_id', 'rule_id', 'group_key', 'event_id', 'evaluated_at'] },
  notification: { select: ['tenant_id', 'state', 'kind', 'created_at', 'next_attempt_at'] },
  audit_entry: { select: ['era', 'xid', 'at'] },
  audit_seal: { select: ['id', 'era', 'to_xid'] },
})
/** Tables in which the functions that the authenticator owns see the rows of every tenant. */
const AUTHENTICATOR_SEES_ALL = [
  'tenant',
  'api_key',
  'app_user',
  'usage_day',
  'alert_rule',
  'alert_state',
  'notification',
  'audit_entry',
]

const READER_GRANTS: readonly Privilege[] = [
  ...privilegesOf({
    metric_series: { select: true },
    // Views that say what to ask instead.
    metric_point: { select: true },
    metric_rollup: { select: true },
  }),
  // The columns that show that jobs run, without their results, which name tenants.
  ...['job', 'started_at', 'finished_at', 'outcome'].map(
    (column) => ({ table: 'job_run', privilege: 'select', column }) as const,
  ),
]

const READER_SOURCE_GRANTS = privilegesOf({
  metric_series: { select: true },
  metric_log: { select: true },
  metric_chunk: { select: true },
  metric_hour: { select: true },
  metric_expiry: { select: true },
})

/**
 * Defaults of a reader's sessions. Their users can change them: the settings bound mistakes, and the connection limit bounds the rest.
 */
export const readerSettings = (plan: ConnectionBudget): Readonly<Record<string, string>> => ({
  ...SESSION_SETTINGS,
  ...plan.timeouts,
  ...plan.reader_settings,
})

/** Defaults of the sessions of a deployment. */
export const loginSettings = ({ budget, tier, leaving }: RolePlan, name: string): Readonly<Record<string, string>> => ({
  ...SESSION_SETTINGS,
  ...budget.timeouts,
  ...(budget.tiers[tier].deployments[name] ?? leaving?.[name])?.session,
})

/** Returns every login of a function. @throws {Error} when `users` names a function that is not in the budget. */
export function wantedLogins(plan: RolePlan): readonly WantedLogin[] {
  const { users = {} } = plan
  const deployments = deploymentsIn(plan)
  const stranger = Object.keys(users).find((name) => !deployments.some(([known]) => known === name))
  if (stranger !== undefined)
    throw new Error(`connection-budget.json has no deployment ${stranger} with a role, which has an IAM user`)
  return deployments.flatMap(([name, { instances, pool }]) => {
    const connections = plan.limits?.get(name) ?? instances * pool
    const defaults = loginSettings(plan, name)
    const names = [roleOf(name), ...(users[name] === undefined ? [] : [users[name]])]
    return names.map((role) => ({ role, connections, settings: defaults }))
  })
}

/** Returns table privileges by role; a role that is not named has none. */
export function wantedGrants(plan: RolePlan): Map<string, readonly Privilege[]> {
  const wanted = new Map<string, readonly Privilege[]>([
    [ADMIN, ADMIN_GRANTS],
    [AUTHENTICATOR, AUTHENTICATOR_GRANTS],
    ...auditGrants,
    [WARDEN, privilegesOf({ role_baseline: { select: true } })],
    [READER, READER_GRANTS],
    [READER_SOURCE, READER_SOURCE_GRANTS],
  ])
  for (const [name, { slices }] of deploymentsIn(plan))
    wanted.set(roleOf(name), union([...grantsOf(slices), EVERY_DEPLOYMENT].flatMap(privilegesOf)))
  return wanted
}

/**
 * The privileges of every deployment. Each checks on its first connection that the schema is not older than it needs and that the log is
 * of this cluster, its instances report about themselves, and they take leases of their tenants' limits.
 */
const EVERY_DEPLOYMENT = {
  schema_migration: { select: true },
  store_state: { select: true },
  instance_report: { select: true, insert: true, update: ['reported_at', 'report'], delete: true },
  audit_entry: { insert: RECORDED },
  quota_window: { select: true, insert: true, update: ['window_start', 'granted', 'lease'] },
}

/** Each privilege once, without columns of which the whole table is granted. */
function union(privileges: readonly Privilege[]): readonly Privilege[] {
  const keyOf = ({ table, privilege, column }: Privilege) => `${table} ${privilege} ${column ?? ''}`
  const whole = new Set(privileges.filter(({ column }) => column === null).map(keyOf))
  const needed = privileges.filter((it) => it.column === null || !whole.has(keyOf({ ...it, column: null })))
  return [...new Map(needed.map((it) => [keyOf(it), it])).values()]
}

/** Returns `role table` pairs that see every row, because Cloud SQL has no BYPASSRLS. */
export function wantedPolicies(plan: RolePlan): Set<string> {
  const pairs = [
    ...ADMIN_SEES_ALL.map((table) => `${ADMIN} ${table}`),
    ...auditPolicies,
    ...AUTHENTICATOR_SEES_ALL.map((table) => `${AUTHENTICATOR} ${table}`),
  ]
  const seeing = deploymentsIn(plan).filter(([, { maintenance }]) => maintenance)
  const maintenance = seeing.flatMap(([name, { slices }]) =>
    grantsOf(slices).flatMap((grants) => Object.keys(grants).map((table) => `${roleOf(name)} ${table}`)),
  )
  return new Set([...pairs, ...maintenance])
}

/** Returns the roles that make temporary tables: those of import, index builds and maintenance, but no public function and no reader. */
export const wantedTemporary = (plan: RolePlan): readonly string[] => [
  OWNER,
  ADMIN,
  ...deploymentsIn(plan).flatMap(([name, { maintenance }]) => (maintenance ? roleOf(name) : [])),
]

/** Quotes an SQL identifier; IAM users have an @ in their names. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`
