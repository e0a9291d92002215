// The route table behind one base URL: which function answers which method and path. It is read from the slices' lists of routes.
import type { Route } from '@penstock/shared/base/wire.ts'
import type { Tier } from '@penstock/shared/config/tier.ts'
import type { ConnectionBudget } from '@penstock/shared/database/connection-budget.ts'
import { anyParameters } from '@penstock/shared/http/routing.ts'
import { deploymentsOf, routesOf } from './deployments.ts'

export interface TableEntry {
  readonly function: string
  readonly method: Route['method']
  /** A segment in braces is a parameter. */
  readonly path: string
}

/**
 * Returns the table of the gateway and of the load balancer. It has no Pub/Sub pushes, which go to the function's own URL.
 * @throws {Error} when two functions have one method and path, or a contract has no routes.
 */
export async function readRouteTable(tier: Tier, plan?: ConnectionBudget): Promise<readonly TableEntry[]> {
  const table: TableEntry[] = []
  for (const { name, serves } of deploymentsOf(tier, plan)) {
    for (const served of serves.filter(({ entry }) => entry === 'http'))
      for (const { method, path } of Object.values(await routesOf(served))) table.push({ function: name, method, path })
  }
  refuseClashes(table)
  return table
}

/** Parameters are equal whatever their names, because both would match the same paths. */
function refuseClashes(table: readonly TableEntry[]): void {
  const seen = new Map<string, string>()
  for (const entry of table) {
    const claim = `${entry.method} ${anyParameters(entry.path)}`
    const other = seen.get(claim)
    if (other !== undefined) throw new Error(`${claim} is claimed by ${other} and ${entry.function}`)
    seen.set(claim, entry.function)
  }
}
