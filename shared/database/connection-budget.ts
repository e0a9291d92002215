// The budget of database connections: instances × pool size, per function. connection-budget.json is the only place for these numbers.
import file from '../connection-budget.json' with { type: 'json' }

export type Tier = 'small' | 'standard' | 'large'

/** Privileges of a function's role on a table: on the whole table, or on the named columns. */
export interface TableGrant {
  readonly select?: boolean
  readonly insert?: boolean | readonly string[]
  readonly delete?: boolean
  readonly update?: boolean | readonly string[]
}

export interface FunctionBudget {
  readonly max_instances: Readonly<Record<Tier, number>>
  /** Maximum connections of one instance, including those outside the pool. */
  readonly pool: number
  /** Maximum concurrent requests of one instance. */
  readonly concurrency: number
  readonly cpu: number
  readonly memory_mib: number
  readonly timeout_s: number
  readonly database: {
    /** True for a function that sees the rows of every tenant. */
    readonly maintenance?: boolean
    /** True for a function that makes and drops months: it may take the role of their owner, `penstock_months`, for DDL. */
    readonly months?: boolean
    readonly timeouts?: Readonly<Record<string, string>>
    readonly grants: Readonly<Record<string, TableGrant>>
  }
}

export interface ConnectionBudget {
  readonly tiers: Readonly<Record<Tier, { readonly max_connections: number; readonly reserved: number }>>
  readonly functions: Readonly<Record<string, FunctionBudget>>
  /** Logins of tenants for SQL: the maximum connections of all of them together, and the settings of their sessions. */
  readonly readers: {
    readonly connections: Readonly<Record<Tier, number>>
    readonly settings: Readonly<Record<string, string>>
  }
  readonly timeouts: Readonly<Record<string, string>>
}

export const budget: ConnectionBudget = file

/** Above this size memory grows, but run time no longer decreases. */
const SEMI_SPACE_MIB = 16

/** Returns the budget of one function. @throws {Error} when the file has none, because every function must have one. */
export function functionBudget(name: string): FunctionBudget {
  const found = budget.functions[name]
  if (!found) throw new Error(`connection-budget.json has no function ${name}`)
  return found
}

/**
 * Returns the heap options of a function, as `NODE_OPTIONS`. With V8's defaults in 512 MiB the young generation has one or two MiB:
 * objects of a batch are promoted before they die, which took twice the CPU time for batches of 1,000. Terraform sets the same.
 */
export function heapOptions(name: string): string {
  return `--max-old-space-size=${functionBudget(name).memory_mib / 2} --max-semi-space-size=${SEMI_SPACE_MIB}`
}

/** Returns the connections of all functions and readers at their maximum, and the number that the tier has for them. */
export function spent(
  plan: ConnectionBudget,
  tier: Tier,
): { readonly connections: number; readonly available: number } {
  const { max_connections, reserved } = plan.tiers[tier]
  const readers = plan.readers.connections[tier]
  const connections = Object.values(plan.functions).reduce((sum, f) => sum + f.max_instances[tier] * f.pool, readers)
  return { connections, available: max_connections - reserved }
}
