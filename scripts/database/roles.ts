// What the database's roles are to be, by connection-budget.json: names, logins, grants, policies. apply-roles.ts makes it so,
// drift/ finds what is not.
import type { ConnectionBudget, FunctionBudget, Tier } from '@penstock/shared/database/connection-budget.ts'
import { type Privilege, privilegesOf } from './grants.ts'

/** Owns tables, policies and functions, but for those of months; cannot log in, and no function is a member of it. */
export const OWNER = 'penstock_owner'
/** Owns the tables of months and nothing else; cannot log in. Functions that make and drop months take it for DDL. */
export const MONTHS = 'penstock_months'
/** Owns the two functions that are asked before a tenant is known; cannot log in. */
export const AUTHENTICATOR = 'penstock_authenticator'
/** What a person's commands act as (tenants, keys, import, dead letters); cannot log in. */
export const ADMIN = 'penstock_admin'
/** What readers may do; cannot log in. Its members are one login a tenant, which `npm run reader` makes. */
export const READER = 'penstock_reader'
/** May change roles, and cannot log in: owns the functions that set logins back. No role is a member. */
export const WARDEN = 'penstock_warden'
/** What is asked before a tenant is known. */
const QUESTIONS: readonly string[] = ['authenticate_api_key(text, bytea)', 'find_tenant(text)']
/** How the partitions function sets logins back: migrations/0018-role-watch.sql. */
const WATCH: readonly string[] = ['role_salts()', 'restore_roles(text[])']
/** The function that watches logins. */
const WATCHER = 'partitions'

/** Functions that run with their owner's rights, and who may call them. */
export const wantedDefiners = (plan: ConnectionBudget) => [
  ...QUESTIONS.map((signature) => ({
    signature,
    owner: AUTHENTICATOR,
    callers: Object.keys(plan.functions).map(roleOf),
  })),
  ...WATCH.map((signature) => ({ signature, owner: WARDEN, callers: [roleOf(WATCHER)] })),
]

/** The database role of a function. */
export const roleOf = (functionName: string): string => `penstock_${functionName.replaceAll('-', '_')}`

/** The login of a tenant's reader. Row security takes the tenant from this name: see migrations/0008-readers.sql. */
export const readerOf = (tenantId: number): string => `${READER}_${tenantId}`

/** Of which every number of connections depends, and who logs in without a password. */
export interface RolePlan {
  readonly budget: ConnectionBudget
  readonly tier: Tier
  /** IAM users by function; undefined: as the database has them. */
  readonly users: Readonly<Record<string, string>> | undefined
}

/** A role that logs in: a function's own, or the IAM user that stands for it. */
export interface WantedLogin {
  readonly role: string
  readonly connections: number
  /** Defaults of its sessions: PostgreSQL takes them from the role that logs in, not from those it belongs to. */
  readonly settings: Readonly<Record<string, string>>
}

/**
 * What the code relies on in every session; set on the role, so that it also holds behind a transaction pooler. The names are spelt as
 * PostgreSQL spells them, by which they are compared.
 */
const SESSION_SETTINGS = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  extra_float_digits: '1',
  // Cloud SQL's disks are solid: at the default of 4 a month is scanned whole where its index would do.
  random_page_cost: '1.1',
  // Short statements over many partitions: compiling them costs more than it saves.
  jit: 'off',
}

const ADMIN_GRANTS = privilegesOf({
  tenant: { select: true, insert: true, update: true },
  api_key: { select: true, insert: true, update: true },
  // Points, of one tenant at a time.
  metric_series: { select: true, insert: true },
  metric_log: { insert: ['tenant_id', 'block', 'first_ts', 'last_ts', 'n', 'series', 'ts', 'value'] },
  metric_expiry: { select: true },
  metric_point: { select: true, insert: true, update: ['value'] },
  metric_month: { select: true },
  deferred_point: { insert: true },
  rollup_mark: { select: true },
  rollup_invalidation: { insert: true },
  store_state: { select: true },
  import_progress: { select: true, insert: true, update: true, delete: true },
  dead_letter: { select: true, update: ['reason'], delete: true },
  tenant_quota: { select: true, insert: true, update: ['max_rows', 'max_bytes'], delete: true },
  tenant_usage: { select: true, insert: true, update: ['row_count', 'byte_count'] },
})
/** Where the admin sees the rows of every tenant. */
const ADMIN_SEES_ALL = ['tenant', 'api_key', 'dead_letter', 'tenant_quota', 'tenant_usage']
const AUTHENTICATOR_GRANTS: readonly Privilege[] = [
  { table: 'tenant', privilege: 'select', column: null },
  { table: 'api_key', privilege: 'select', column: null },
  { table: 'api_key', privilege: 'update', column: 'last_used_at' },
]

const READER_GRANTS: readonly Privilege[] = [
  ...privilegesOf({
    metric_series: { select: true },
    metric_point: { select: true },
    metric_rollup: { select: true },
    rollup_invalidation: { select: true },
    rollup_mark: { select: true },
    metric_month: { select: true },
  }),
  // That jobs run, and not what they say, which names tenants.
  ...['job', 'started_at', 'finished_at', 'outcome'].map(
    (column) => ({ table: 'job_run', privilege: 'select', column }) as const,
  ),
]

/** Defaults of a reader's sessions. Whoever sends SQL can change them: they bound mistakes, the connection limit bounds the rest. */
export const readerSettings = (plan: ConnectionBudget): Readonly<Record<string, string>> => ({
  ...SESSION_SETTINGS,
  ...plan.timeouts,
  ...plan.readers.settings,
})

/** The functions' roles that may become the owner of the months. */
export const wantedMonthMakers = (plan: ConnectionBudget): readonly string[] =>
  Object.entries(plan.functions).flatMap(([name, it]) => (it.database.months ? roleOf(name) : []))

/** Defaults of the sessions of a function. */
export const loginSettings = (plan: ConnectionBudget, name: string): Readonly<Record<string, string>> => ({
  ...SESSION_SETTINGS,
  ...plan.timeouts,
  ...plan.functions[name]?.database.timeouts,
})

/** Every role of a function that logs in. @throws {Error} when `users` names a function that the budget does not have. */
export function wantedLogins({ budget, tier, users = {} }: RolePlan): readonly WantedLogin[] {
  const stranger = Object.keys(users).find((name) => !budget.functions[name])
  if (stranger !== undefined)
    throw new Error(`connection-budget.json has no function ${stranger}, which has an IAM user`)
  return Object.entries(budget.functions).flatMap(([name, settings]) => {
    const connections = settings.max_instances[tier] * settings.pool
    const defaults = loginSettings(budget, name)
    const names = [roleOf(name), ...(users[name] === undefined ? [] : [users[name]])]
    return names.map((role) => ({ role, connections, settings: defaults }))
  })
}

/** Table privileges by role; whoever is not named has none. */
export function wantedGrants(plan: ConnectionBudget): Map<string, readonly Privilege[]> {
  const wanted = new Map<string, readonly Privilege[]>([
    [ADMIN, ADMIN_GRANTS],
    [AUTHENTICATOR, AUTHENTICATOR_GRANTS],
    [WARDEN, privilegesOf({ role_baseline: { select: true } })],
    [READER, READER_GRANTS],
  ])
  for (const [name, settings] of Object.entries(plan.functions)) {
    // Each checks on its first connection that the schema is not older than it needs, and that the log is of this cluster.
    const grants = { ...settings.database.grants, schema_migration: { select: true }, store_state: { select: true } }
    wanted.set(roleOf(name), privilegesOf(grants))
  }
  return wanted
}

/** `role table` pairs that see every row: there is no BYPASSRLS on Cloud SQL. */
export function wantedPolicies(plan: ConnectionBudget): Set<string> {
  const pairs = [
    ...ADMIN_SEES_ALL.map((table) => `${ADMIN} ${table}`),
    ...['tenant', 'api_key'].map((table) => `${AUTHENTICATOR} ${table}`),
  ]
  const maintenance = ([name, settings]: [string, FunctionBudget]) =>
    settings.database.maintenance
      ? Object.keys(settings.database.grants).map((table) => `${roleOf(name)} ${table}`)
      : []
  return new Set([...pairs, ...Object.entries(plan.functions).flatMap(maintenance)])
}

/** Who makes temporary tables: import, index builds and maintenance; no function that answers strangers, and no reader. */
export const wantedTemporary = (plan: ConnectionBudget): readonly string[] => [
  OWNER,
  ADMIN,
  ...Object.entries(plan.functions).flatMap(([name, it]) => (it.database.maintenance ? roleOf(name) : [])),
]

/** An identifier as SQL wants it: IAM users have an @ in their names. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`
