// Prepares the target so that valid requests succeed, and proves that they do.

import { seededRandom } from '../random.ts'
import { createBystander, plantOwn } from './bystander.ts'
import { type HostileRequest, validRequest } from './hostile-request.ts'
import { judge } from './judge.ts'
import type { HostileRoute } from './routes.ts'
import type { Talker } from './talk.ts'
import type { Target } from './target.ts'
import type { World } from './world.ts'

/** Makes months live, the other tenant's rows and enough points for a second page; returns the world with the cursors of that page. */
export async function furnish(target: Target, talker: Talker, routes: readonly HostileRoute[]): Promise<World> {
  const { world, admin } = target
  await sendValid(
    target,
    talker,
    routes.filter((one) => one.name === 'partitions.run'),
    world,
  )
  await createBystander(admin, world.monthMs)
  await plantOwn(admin, world)
  const writing = routes.filter((one) => one.route.method === 'POST')
  await sendValid(target, talker, writing, world)
  const cursors: Record<string, string> = {}
  for (const one of routes.filter(({ name }) => name.startsWith('metrics-query.'))) {
    for (const link of await linksOf(target, talker, one)) cursors[one.name] = link
  }
  return { ...world, cursors }
}

/** Sends each seed of these routes unchanged. @throws {Error} that names the first one that is refused. */
export async function sendValid(
  target: Target,
  talker: Talker,
  routes: readonly HostileRoute[],
  world: World,
): Promise<void> {
  for (const one of routes) {
    for (const request of validRequests(one, world)) {
      const broken = judge(request, await talker.ask(portOf(target, request), request))
      if (broken.length > 0) throw new Error(`${one.name}: ${broken.join('; ')}`)
    }
  }
}

export function portOf({ functions }: Target, { functionName }: Pick<HostileRequest, 'functionName'>): number {
  const one = functions.find((candidate) => candidate.name === functionName)
  if (!one) throw new Error(`there is no function ${functionName}`)
  return one.port
}

const validRequests = (one: HostileRoute, world: World): readonly HostileRequest[] =>
  one.seeds.map((seed, i) => validRequest(one, seed(world, seededRandom(`valid ${one.name} ${i}`)), world))

async function linksOf(target: Target, talker: Talker, one: HostileRoute): Promise<readonly string[]> {
  const [seed] = one.seeds
  const valid = seed?.(target.world, seededRandom('cursor'))
  if (!valid) return []
  const query = (valid.query ?? []).map(([name, value]) => [name, name === 'limit' ? '1' : value] as const)
  const request = validRequest(one, { ...valid, query }, target.world)
  const { answers } = await talker.ask(portOf(target, request), request)
  return answers.flatMap(({ headers }) => /[?&]cursor=([^&>]+)/.exec(headers['link'] ?? '')?.slice(1) ?? [])
}
