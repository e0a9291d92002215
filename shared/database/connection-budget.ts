// The budget of database connections: instances × pool size, per function. connection-budget.json holds every number, once.
import file from '../connection-budget.json' with { type: 'json' }

export type Tier = 'small' | 'standard' | 'large'

/** What a function's role may do with a table: whole privileges, or on the named columns. */
export interface TableGrant {
  readonly select?: boolean
  readonly insert?: boolean | readonly string[]
  readonly delete?: boolean
  readonly update?: boolean | readonly string[]
}

export interface FunctionBudget {
  readonly max_instances: Readonly<Record<Tier, number>>
  /** Connections of one instance, all of them. */
  readonly pool: number
  /** Requests that one instance handles at a time. */
  readonly concurrency: number
  readonly cpu: number
  readonly memory_mib: number
  readonly timeout_s: number
  readonly database: {
    /** Sees the rows of every tenant. */
    readonly maintenance?: boolean
    /** Makes and drops months: may take the role of their owner, `penstock_months`, for DDL. */
    readonly months?: boolean
    readonly timeouts?: Readonly<Record<string, string>>
    readonly grants: Readonly<Record<string, TableGrant>>
  }
}

export interface ConnectionBudget {
  readonly tiers: Readonly<Record<Tier, { readonly max_connections: number; readonly reserved: number }>>
  readonly functions: Readonly<Record<string, FunctionBudget>>
  /** Tenants' own logins for SQL: connections of all of them together, and what their sessions begin with. */
  readonly readers: {
    readonly connections: Readonly<Record<Tier, number>>
    readonly settings: Readonly<Record<string, string>>
  }
  readonly timeouts: Readonly<Record<string, string>>
}

export const budget: ConnectionBudget = file

/** Above it memory grows, and time no longer shrinks. */
const SEMI_SPACE_MIB = 16

/** The part of one function. @throws {Error} when the file has none: every function has a row. */
export function functionBudget(name: string): FunctionBudget {
  const found = budget.functions[name]
  if (!found) throw new Error(`connection-budget.json has no function ${name}`)
  return found
}

/**
 * How Node sizes the heap of a function, as `NODE_OPTIONS`. Left alone in 512 MiB, V8 gives the objects that are young one or two MiB:
 * those of a batch are promoted before they die, which took twice the CPU time for batches of 1,000. Terraform sets the same.
 */
export function heapOptions(name: string): string {
  return `--max-old-space-size=${functionBudget(name).memory_mib / 2} --max-semi-space-size=${SEMI_SPACE_MIB}`
}

/** Connections of all functions and readers at their maximum, and what the tier leaves for them. */
export function spent(
  plan: ConnectionBudget,
  tier: Tier,
): { readonly connections: number; readonly available: number } {
  const { max_connections, reserved } = plan.tiers[tier]
  const readers = plan.readers.connections[tier]
  const connections = Object.values(plan.functions).reduce((sum, f) => sum + f.max_instances[tier] * f.pool, readers)
  return { connections, available: max_connections - reserved }
}
