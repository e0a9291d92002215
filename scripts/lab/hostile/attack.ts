// Sends requests with limited concurrency, and judges each answer.
import { deploymentOf } from '@penstock/shared/database/connection-budget.ts'
import { type HostileRequest, hostileRequest } from './hostile-request.ts'
import { judge } from './judge.ts'
import type { HostileRoute } from './routes.ts'
import type { Outcome, Talker } from './talk.ts'
import type { World } from './world.ts'

export interface AttackDeps {
  readonly talker: () => Talker
  readonly portOf: (request: HostileRequest) => number
  /** Called for each request that broke a rule. */
  readonly onBroken: (request: HostileRequest, broken: readonly string[]) => void
  readonly signal: AbortSignal
}

export interface Attack {
  readonly seed: string
  readonly from: number
  readonly to: number
  readonly routes: readonly HostileRoute[]
  readonly world: World
}

/** Counts of the answers to a route's requests. */
export interface Tally {
  sent: number
  ok: number
  refused: number
  busy: number
  /** Other answers, connections without an answer, and connections that were cut. */
  other: number
  slowestMs: number
}

/** Concurrent well-formed requests: as many as a pool of two connections serves in a moment. */
const AT_A_TIME = 12
/** Weight of a route for operators: each of its valid requests processes months. */
const OPERATOR_WEIGHT = 1
const CALLER_WEIGHT = 8

/**
 * Sends the requests from `from` to `to`, and counts their results by route. A function never has more of them at a time than the
 * platform would send to one instance.
 */
export async function attack(deps: AttackDeps, plan: Attack, tallies: Map<string, Tally>): Promise<void> {
  const routes = weighted(plan.routes)
  const underWay = new Map(plan.routes.map((one) => [one.functionName, new Set<Promise<void>>()]))
  let next = plan.from
  const sendOne = async (talker: Talker, request: HostileRequest): Promise<void> => {
    const outcome = await talker.ask(deps.portOf(request), request)
    count(tallies, request, outcome)
    const broken = judge(request, outcome)
    if (broken.length > 0) deps.onBroken(request, broken)
  }
  const worker = async (): Promise<void> => {
    const talker = deps.talker()
    while (next < plan.to && !deps.signal.aborted) {
      const request = hostileRequest(plan.seed, next++, routes, plan.world)
      const others = underWay.get(request.functionName) ?? new Set()
      while (others.size >= deploymentOf(request.functionName).concurrency) await Promise.race(others)
      const sent = sendOne(talker, request).finally(() => others.delete(sent))
      others.add(sent)
      // The others wait for an answer that may not come, each on a connection of its own.
      if (request.manner === 'kept') await sent
    }
    talker.close()
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
  await Promise.all([...underWay.values()].flatMap((sent) => [...sent]))
}

const weighted = (routes: readonly HostileRoute[]): readonly HostileRoute[] =>
  routes.flatMap((one) =>
    Array.from({ length: one.route.scope === 'operate' ? OPERATOR_WEIGHT : CALLER_WEIGHT }, () => one),
  )

function count(tallies: Map<string, Tally>, request: HostileRequest, outcome: Outcome): void {
  const tally = tallies.get(request.route) ?? { sent: 0, ok: 0, refused: 0, busy: 0, other: 0, slowestMs: 0 }
  tallies.set(request.route, tally)
  const status = outcome.answers[0]?.status ?? 0
  tally.sent++
  tally.slowestMs = Math.max(tally.slowestMs, outcome.ms)
  if (status >= 200 && status < 300) tally.ok++
  else if (status >= 400 && status < 500) tally.refused++
  else if (status === 503) tally.busy++
  else tally.other++
}
