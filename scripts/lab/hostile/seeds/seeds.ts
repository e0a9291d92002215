// Valid requests for every route, which mutations begin with: the examples of the slices, with a credential of the route's scope. Each is
// sent unchanged before and after the attack, and must succeed.
import type { Example, MakeExample } from '@penstock/shared/base/examples.ts'
import { type DocumentedRoute, platformScopes } from '@penstock/shared/base/wire.ts'
import { deploymentsOf, routesOf } from '../../../deploy/deployments.ts'
import { examplesOf } from '../../../deploy/examples.ts'
import type { Pairs } from '../mutations/draft.ts'
import { PLANTED, type World } from '../world.ts'
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
    return {
      ...(parameters ? { path: withParameters(route.path, parameters) } : {}),
      ...(query ? { query } : {}),
      ...(example.refusal === undefined ? {} : { refusal: example.refusal }),
      headers: headersOf(deployment, route, example, world),
      ...('json' in example ? { json: example.json } : {}),
      ...(bytes ? { bytes: Buffer.from(bytes) } : {}),
      ...(wrap ? { wrap } : {}),
    }
  }
}

const withParameters = (path: string, parameters: Readonly<Record<string, string>>): string =>
  path.replace(/\{(\w+)\}/g, (segment, name: string) => parameters[name] ?? segment)

function headersOf(deployment: string, route: DocumentedRoute, example: Example, world: World): Pairs {
  const own = example.headers ?? []
  const isTyped = own.some(([name]) => name.toLowerCase() === 'content-type')
  const type: Pairs = example.json === undefined || isTyped ? [] : [['Content-Type', 'application/json']]
  return [...type, ...credentialOf(deployment, route, example, world), ...own]
}

function credentialOf(deployment: string, route: DocumentedRoute, example: Example, { keys, tokens }: World): Pairs {
  if (route.scope === 'none') return []
  const key = isPlatform(route.scope) ? keys.operator : keys.writer
  switch (example.credential ?? (route.method === 'GET' ? 'key' : 'bearer')) {
    case 'key':
      return [['X-API-Key', key]]
    case 'bearer':
      return [['Authorization', `Bearer ${key}`]]
    case 'token':
      return [['Authorization', `Token ${key}`]]
    case 'basic':
      return [['Authorization', `Basic ${Buffer.from(`telegraf:${key}`).toString('base64')}`]]
    case 'service':
      return [['Authorization', `Bearer ${tokens[deployment] ?? ''}`]]
  }
}

const isPlatform = (scope: string): boolean => (platformScopes as readonly string[]).includes(scope)
