// Every route of every function, from the contracts, with its seeds.
import type { Route, Routes } from '@penstock/shared/base/wire.ts'
import { entryPoints } from '../../deploy/entry-points.ts'
import { seeds } from './seeds/seeds.ts'

export interface HostileRoute {
  /** `<function>.<key of the route>` */
  readonly name: string
  readonly functionName: string
  readonly route: Route
  readonly seeds: (typeof seeds)[string]
}

/** Returns all routes. @throws {Error} for a route without a seed, and for a seed without a route, so that no route is forgotten. */
export async function readHostileRoutes(given: typeof seeds = seeds): Promise<readonly HostileRoute[]> {
  const found: HostileRoute[] = []
  for (const { name: functionName, slice, routes: exported } of entryPoints) {
    const contract = (await import(`../../../functions/${slice}/contract.ts`)) as Readonly<Record<string, Routes>>
    for (const [key, route] of Object.entries(contract[exported] ?? {})) {
      const name = `${functionName}.${key}`
      found.push({ name, functionName, route, seeds: given[name] ?? [] })
    }
  }
  const missing = found.filter((one) => one.seeds.length === 0).map((one) => one.name)
  if (missing.length > 0) throw new Error(`no valid request to begin with, for: ${missing.join(', ')}`)
  const stray = Object.keys(given).filter((name) => !found.some((one) => one.name === name))
  if (stray.length > 0) throw new Error(`there is no such route any more: ${stray.join(', ')}`)
  return found
}
