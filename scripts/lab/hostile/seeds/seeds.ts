// Valid requests for every route, which mutations begin with: the examples of the slices, with a credential of the route's scope. Each is
// sent unchanged before and after the attack, and must succeed.
import type { MakeExample } from '@penstock/shared/base/examples.ts'
import type { DocumentedRoute } from '@penstock/shared/base/wire.ts'
import { deploymentsOf, routesOf } from '../../../deploy/deployments.ts'
import { headersOf, pathOf } from '../../../deploy/example-request.ts'
import { examplesOf } from '../../../deploy/examples.ts'
import { PLANTED } from '../world.ts'
import type { MakeSeed, Seed } from './seed.ts'

interface RouteSeeds {
  readonly route: DocumentedRoute
  readonly seeds: readonly MakeSeed[]
}

/** Every route with its seeds, by deployment and key of the route in its contract: `<deployment>.<key>`. */
const byRoute = new Map<string, RouteSeeds>()
for (const { name, serves } of deploymentsOf('standard'))
  for (const served of serves) {
    const examples = await examplesOf(served)
    for (const [key, route] of Object.entries(await routesOf(served)))
      byRoute.set(`${name}.${key}`, {
        route,
        seeds: (examples[key] ?? []).map((make) => seedOf(name, key, route, make)),
      })
  }

/** Seeds by deployment and key of the route in its contract. */
export const seeds: Readonly<Record<string, readonly MakeSeed[]>> = Object.fromEntries(
  [...byRoute].map(([name, it]) => [name, it.seeds]),
)

/** Routes whose refusals are not problems, but have the form that their clients read. */
export const foreignRoutes: ReadonlySet<string> = new Set(
  [...byRoute].flatMap(([name, { route }]) => (route.failures ? [name] : [])),
)

function seedOf(deployment: string, key: string, route: DocumentedRoute, make: MakeExample): MakeSeed {
  return (world, random): Seed => {
    const cursor = world.cursors[`${deployment}.${key}`]
    const cursors = cursor === undefined ? {} : { [key]: cursor }
    const example = make({ tenant: world.tenant, monthMs: world.monthMs, planted: PLANTED, cursors }, random)
    const { parameters, query, bytes, wrap } = example
    const { keys, tokens } = world
    const credentials = { tenant: keys.writer, operator: keys.operator, service: tokens[deployment] ?? '' }
    return {
      ...(parameters ? { path: pathOf(route, example) } : {}),
      ...(query ? { query } : {}),
      ...(example.refusal === undefined ? {} : { refusal: example.refusal }),
      headers: headersOf(route, example, credentials),
      ...('json' in example ? { json: example.json } : {}),
      ...(bytes ? { bytes: Buffer.from(bytes) } : {}),
      ...(wrap ? { wrap } : {}),
    }
  }
}
