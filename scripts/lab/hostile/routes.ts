// Every route of every function, from the contracts, with its seeds.
import type { Route } from '@penstock/shared/base/wire.ts'
import { deploymentsOf, routesOf } from '../../deploy/deployments.ts'
import { routeName, seeds } from './seeds/seeds.ts'

export interface HostileRoute {
  /** `<slice>.<key of the route>`; for another entry of a slice, the name of its function. */
  readonly name: string
  readonly functionName: string
  readonly route: Route
  readonly seeds: (typeof seeds)[string]
}

/** Returns all routes. @throws {Error} for a route without a seed, and for a seed without a route, so that no route is forgotten. */
export async function readHostileRoutes(given: typeof seeds = seeds): Promise<readonly HostileRoute[]> {
  const found: HostileRoute[] = []
  for (const { name: functionName, serves } of deploymentsOf('standard')) {
    for (const served of serves)
      for (const [key, route] of Object.entries(await routesOf(served))) {
        const name = routeName(functionName, served, key)
        found.push({ name, functionName, route, seeds: given[name] ?? [] })
      }
  }
  const missing = found.filter((one) => one.seeds.length === 0).map((one) => one.name)
  if (missing.length > 0) throw new Error(`no valid request to begin with, for: ${missing.join(', ')}`)
  const stray = Object.keys(given).filter((name) => !found.some((one) => one.name === name))
  if (stray.length > 0) throw new Error(`there is no such route any more: ${stray.join(', ')}`)
  return found
}
