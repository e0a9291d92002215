// Connections: the sessions that the server has, by function, against the limits of their roles.
import { formatTimestamp, fromPostgres, MINUTE, type Micros } from '@penstock/shared/base/time.ts'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { shortInstance } from '@penstock/shared/database/application-name.ts'
import { budget, type Deployment, roleOf, spent } from '@penstock/shared/database/connection-budget.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import type { ConnectionsAnswer, PoolAnswer, PoolFunction, PoolInstance } from '../contract.ts'
import type { Report } from '../counters/window.ts'
import { type SessionRow, selectMaxConnections, selectRoles, selectSessions } from './session-queries.ts'

/** The sessions of a function with its deployment. */
export interface FunctionSessions {
  readonly name: string
  readonly deployment: Deployment
  readonly role: string
  readonly limit: number
  readonly sessions: readonly SessionRow[]
}

export interface ServerSessions {
  readonly maxConnections: number
  readonly functions: readonly FunctionSessions[]
  readonly others: readonly SessionRow[]
}

/** An instance that has not reported for this long, and has no connection, counts as gone. */
const SILENT: Micros = 5 * MINUTE
/** Maximum number of instances in an answer, those that reported last. */
const MOST_INSTANCES = 200
const INSTANCE_OF = /^([a-z0-9-]+)\/([0-9a-f]{8})(?: |$)/

/** Returns every session of a client, by the function whose role it has. */
export async function readSessions(tx: Transaction<Database>, tier: Tier): Promise<ServerSessions> {
  const deployments = Object.entries(budget.tiers[tier].deployments).filter(([, { pool }]) => pool > 0)
  const maxConnections = await selectMaxConnections(tx)
  const roles = new Map(
    (
      await selectRoles(
        tx,
        deployments.map(([name]) => roleOf(name)),
      )
    ).map((row) => [row.role, row]),
  )
  const all = await selectSessions(tx)
  const functions = deployments.map(([name, deployment]) => {
    const role = roleOf(name)
    const logins = [role, ...(roles.get(role)?.members ?? [])]
    const limit = roles.get(role)?.connection_limit ?? 0
    return { name, deployment, role, limit, sessions: all.filter((session) => logins.includes(session.role)) }
  })
  const ours = new Set(functions.flatMap(({ sessions }) => sessions))
  return { maxConnections, functions, others: all.filter((session) => !ours.has(session)) }
}

/** Counts the sessions of each function, and the pools of its living instances. */
export function poolOf(server: ServerSessions, reports: readonly Report[], { tier, now }: Moment): PoolAnswer {
  const functions = server.functions.map((it) => functionRow(it, reports, now))
  const total = added(functions.map(({ connections }) => connections))
  const checkedOut = added(functions.map((row) => row.active + row.idle_in_transaction))
  const size = added(server.functions.map(({ deployment }, i) => (functions[i]?.instances ?? 0) * deployment.pool))
  const { connections: planned, available } = spent(budget, tier)
  const { max_connections, reserved } = budget.tiers[tier]
  return {
    size,
    checked_in: total - checkedOut,
    checked_out: checkedOut,
    overflow: Math.max(0, total - size),
    total_connections: total,
    waiting: added(functions.map(({ waiting }) => waiting)),
    timestamp: formatTimestamp(now),
    budget: { tier, max_connections, reserved, available, planned },
    functions,
    instances: instanceRows(server, reports, now),
  }
}

export interface Moment {
  readonly tier: Tier
  readonly now: Micros
}

function functionRow(
  { name, deployment, role, limit, sessions }: FunctionSessions,
  reports: readonly Report[],
  now: Micros,
): PoolFunction {
  const reporting = reports.filter((report) => report.function === name && !isSilent(report, now))
  const connected = sessions.flatMap(({ application }) => {
    const [, deployed, instance] = INSTANCE_OF.exec(application) ?? []
    return deployed === name && instance !== undefined ? [instance] : []
  })
  const alive = new Set([...connected, ...reporting.map(({ instance }) => shortInstance(instance))])
  return {
    function: name,
    slices: deployment.slices,
    role,
    connection_limit: Math.max(0, limit),
    instances: alive.size,
    connections: sessions.length,
    ...statesOf(sessions),
    waiting: added(reporting.map(({ report }) => report.pool?.waiting ?? 0)),
  }
}

function instanceRows({ functions }: ServerSessions, reports: readonly Report[], now: Micros): readonly PoolInstance[] {
  const slices = new Map(functions.map(({ name, deployment }) => [name, deployment.slices]))
  return reports.slice(0, MOST_INSTANCES).map((row) => ({
    function: row.function,
    slices: slices.get(row.function) ?? [],
    instance: row.instance,
    revision: row.revision,
    reported_at: formatTimestamp(fromPostgres(row.reported_at)),
    silent: isSilent(row, now),
    max: row.report.pool?.max ?? 0,
    lent: row.report.pool?.lent ?? 0,
    idle: row.report.pool?.idle ?? 0,
    waiting: row.report.pool?.waiting ?? 0,
  }))
}

const isSilent = ({ reported_at }: Report, now: Micros): boolean => now - fromPostgres(reported_at) > SILENT

/** Compares the sessions of each role with its limit. */
export function connectionsOf({ maxConnections, functions, others }: ServerSessions): ConnectionsAnswer {
  const roles = functions.map(({ name, role, limit, sessions }) => ({
    role,
    function: name,
    limit: Math.max(0, limit),
    used: sessions.length,
    ...statesOf(sessions),
    longest_transaction_s: longestTransaction(sessions),
  }))
  const names = [...new Set(others.map(({ role }) => role))].toSorted()
  return {
    max_connections: maxConnections,
    used: added(roles.map(({ used }) => used)) + others.length,
    roles,
    others: names.map((role) => ({ role, used: others.filter((session) => session.role === role).length })),
  }
}

/** Returns the age of the oldest open transaction in seconds; null without any. */
export function longestTransaction(sessions: readonly SessionRow[]): number | null {
  const ages = sessions.flatMap(({ transaction_s }) => (transaction_s === null ? [] : [Math.max(0, transaction_s)]))
  return ages.length === 0 ? null : Math.max(...ages)
}

const statesOf = (sessions: readonly SessionRow[]) => ({
  active: sessions.filter(({ state }) => state === 'active').length,
  idle: sessions.filter(({ state }) => state === 'idle').length,
  idle_in_transaction: sessions.filter(({ state }) => state.startsWith('idle in transaction')).length,
})

const added = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)
