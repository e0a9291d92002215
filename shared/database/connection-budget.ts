// The deployments of each tier and their shares of the database's connections. connection-budget.json holds the numbers once;
// deployments.json is made from it and from what the slices declare, by `npm run deployments`.
import type { Tier } from '../config/tier.ts'
import file from '../deployments.json' with { type: 'json' }

/** A Cloud Function: what it serves, and what its slices need together. */
export interface Deployment {
  /** The slices that it serves; `name#entry` is one entry of a slice alone. */
  readonly slices: readonly string[]
  readonly instances: number
  /** Maximum connections of one instance, including the one outside the pool. With 0 the deployment has neither a database nor a role. */
  readonly pool: number
  /** One of these connections is reserved outside the pool, for work that a pooled connection cannot do. */
  readonly own_connection: boolean
  /** Maximum concurrent requests of one instance. */
  readonly concurrency: number
  readonly cpu: number
  readonly memory_mib: number
  readonly timeout_s: number
  /** Sees the rows of every tenant. */
  readonly maintenance: boolean
  /** True when the deployment makes and drops months: its role may then become `penstock_months`, their owner, for DDL. */
  readonly months: boolean
  /** True when the deployment reads the statistics of the whole server: its role is then a member of `pg_monitor`. */
  readonly monitor: boolean
  /** True when the deployment reads the audit log of every tenant: its role may then take `penstock_auditor` for a transaction. */
  readonly auditor: boolean
  /** Defaults of its sessions that differ from `timeouts`. */
  readonly session: Readonly<Record<string, string>>
  /** Names of the settings that its slices read, in addition to those that every function reads. */
  readonly settings: readonly string[]
}

export interface TierBudget {
  readonly max_connections: number
  /** Connections that are reserved for the server itself and for administrators. */
  readonly reserved: number
  /** Maximum connections of all tenants' own SQL logins together. */
  readonly readers: number
  readonly deployments: Readonly<Record<string, Deployment>>
}

export interface ConnectionBudget {
  readonly tiers: Readonly<Record<Tier, TierBudget>>
  /** Defaults of the sessions of tenants' own logins. */
  readonly reader_settings: Readonly<Record<string, string>>
  /** Defaults of the sessions of every function. */
  readonly timeouts: Readonly<Record<string, string>>
  /** The methods that the suite has on each path, whichever deployment answers them. */
  readonly paths: Readonly<Record<string, readonly string[]>>
  /** Seconds between two runs of each scheduled job, the longest where they differ. */
  readonly jobs: Readonly<Record<string, number>>
}

export const budget: ConnectionBudget = file

/** Above this size memory grows, but run time no longer decreases. */
const SEMI_SPACE_MIB = 16

/** A deployment of a tier. @throws {Error} when the tier has none of this name. */
export function deploymentOf(name: string, tier: Tier = 'standard'): Deployment {
  const found = budget.tiers[tier].deployments[name]
  if (!found) throw new Error(`connection-budget.json has no deployment ${name} in the tier ${tier}`)
  return found
}

/** The database role of a deployment. */
export const roleOf = (deployment: string): string => `penstock_${deployment.replaceAll('-', '_')}`

/** The names of a tier's deployments that have a database, and so a role in it. */
export const connectedIn = (tier: Tier, plan: ConnectionBudget = budget): readonly string[] =>
  Object.entries(plan.tiers[tier].deployments).flatMap(([name, { pool }]) => (pool > 0 ? [name] : []))

/**
 * Returns the `NODE_OPTIONS` that size the heap of a deployment. By default V8 gives young objects one or two MiB when memory is 512 MiB, so
 * the objects of a batch are promoted before they die, which took twice the CPU time for batches of 1,000. Terraform sets the same options.
 */
export const heapOptions = ({ memory_mib }: Pick<Deployment, 'memory_mib'>): string =>
  `--max-old-space-size=${memory_mib / 2} --max-semi-space-size=${SEMI_SPACE_MIB}`

/** Connections of all deployments and readers at their maximum, and what the tier leaves for them. */
export function spent(
  plan: ConnectionBudget,
  tier: Tier,
): { readonly connections: number; readonly available: number } {
  const { max_connections, reserved, readers, deployments } = plan.tiers[tier]
  const connections = Object.values(deployments).reduce((sum, { instances, pool }) => sum + instances * pool, readers)
  return { connections, available: max_connections - reserved }
}
