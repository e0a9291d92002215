// Valid requests for every route, which mutations begin with: the examples of the slices, with a credential of the route's scope. Each is
// sent unchanged before and after the attack, and must succeed.
import type { MakeExample } from '@penstock/shared/base/examples.ts'
import type { DocumentedRoute } from '@penstock/shared/base/wire.ts'
import { deploymentsOf, routesOf, type ServedSlice } from '../../../deploy/deployments.ts'
import { headersOf, pathOf } from '../../../deploy/example-request.ts'
import { examplesOf } from '../../../deploy/examples.ts'
import { PLANTED } from '../world.ts'
import type { MakeSeed, Seed } from './seed.ts'

interface RouteSeeds {
  readonly route: DocumentedRoute
  readonly seeds: readonly MakeSeed[]
}

/** Returns the name of a route: `<slice>.<key>`, or `<deployment>.<key>` where the deployment serves another entry of a slice. */
export const routeName = (deployment: string, { slice, entry }: ServedSlice, key: string): string =>
  `${entry === 'http' ? slice : deployment}.${key}`

/** Every route with its seeds, by its name. */
const byRoute = new Map<string, RouteSeeds>()
for (const { name, serves } of deploymentsOf('standard'))
  for (const served of serves) {
    const examples = await examplesOf(served)
    for (const [key, route] of Object.entries(await routesOf(served)))
      byRoute.set(routeName(name, served, key), {
        route,
        seeds: (examples[key] ?? []).map((make) =>
          seedOf({ deployment: name, name: routeName(name, served, key), key }, route, make),
        ),
      })
  }

/** Seeds by the name of their route. */
export const seeds: Readonly<Record<string, readonly MakeSeed[]>> = Object.fromEntries(
  [...byRoute].map(([name, it]) => [name, it.seeds]),
)

/** Routes whose refusals are not problems, but have the form that their clients read. */
export const foreignRoutes: ReadonlySet<string> = new Set(
  [...byRoute].flatMap(([name, { route }]) => (route.failures ? [name] : [])),
)

interface NamedRoute {
  readonly deployment: string
  readonly name: string
  readonly key: string
}

function seedOf({ deployment, name, key }: NamedRoute, route: DocumentedRoute, make: MakeExample): MakeSeed {
  return (world, random): Seed => {
    const cursor = world.cursors[name]
    const cursors = cursor === undefined ? {} : { [key]: cursor }
    const example = make({ tenant: world.tenant, monthMs: world.monthMs, planted: PLANTED, cursors }, random)
    const { parameters, query, bytes, wrap } = example
    // No request comes with a key of the scope `admin`, which may suspend the tenant that the others belong to.
    const refusal = route.scope === 'admin' ? 403 : example.refusal
    const { keys, tokens } = world
    const credentials = { tenant: keys.writer, operator: keys.operator, service: tokens[deployment] ?? '' }
    return {
      ...(parameters ? { path: pathOf(route, example) } : {}),
      ...(query ? { query } : {}),
      ...(refusal === undefined ? {} : { refusal }),
      headers: headersOf(route, example, credentials),
      ...('json' in example ? { json: example.json } : {}),
      ...(bytes ? { bytes: Buffer.from(bytes) } : {}),
      ...(wrap ? { wrap } : {}),
    }
  }
}
