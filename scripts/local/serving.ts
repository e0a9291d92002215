// The listeners of the suite (gateway, one address per function, Pub/Sub), and the parts that call functions: pushes and the scheduler.
import type { Server } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { deploymentOf } from '@penstock/shared/database/connection-budget.ts'
import { send } from '../cli/send.ts'
import { deploymentsOf, servedIn } from '../deploy/deployments.ts'
import { readRouteTable } from '../deploy/route-table.ts'
import { schedules } from '../deploy/schedules.ts'
import { audienceOf, PROJECT, PUBSUB_EMAIL, SCHEDULER_EMAIL } from './function-environment.ts'
import type { LocalFunction } from './functions.ts'
import { createAgent, type Upstream } from './gateway/forward.ts'
import { createFunctionDoor, createGateway } from './gateway/gateway.ts'
import { healthOf } from './health.ts'
import type { OidcIssuer } from './issuers/oidc-issuer.ts'
import { closeServer, listenOnLoopback } from './listen.ts'
import { metricsPush, PUSH_FUNCTION, TOPICS } from './pubsub/metrics-push.ts'
import type { LocalPubsub } from './pubsub/pubsub.ts'
import { type Scheduler, startScheduler } from './scheduler.ts'

export interface ServingOptions {
  readonly port: number
  readonly tier: Tier
  readonly stateFolder: string
  readonly corsOrigins: readonly string[]
  readonly functions: readonly LocalFunction[]
  readonly isDatabaseUp: () => Promise<boolean>
  readonly issuer: OidcIssuer
  /** Takes the topics whose messages are pushed to a function. */
  readonly pubsub: LocalPubsub
  readonly show: (line: string) => void
}

export interface Serving {
  /** A stable base URL per function, and the same one for each slice that it serves. */
  readonly urls: Readonly<Record<string, string>>
  readonly scheduler: Scheduler
}

/** Milliseconds after its own time limit within which a function must have answered. */
const LATE_MS = 5_000

/** Starts to serve. The steps that stop it, and the functions with it, are put on `parts`, also when only some of it has started. */
export async function startServing(options: ServingOptions, parts: AsyncDisposableStack): Promise<Serving> {
  const { functions, issuer, corsOrigins, show, tier } = options
  const servers: Server[] = []
  const stops: (() => void)[] = []
  parts.defer(() => stopServing(servers, stops, functions))
  const listen = async (server: Server, port: number): Promise<string> => {
    servers.push(server)
    return `http://127.0.0.1:${await listenOnLoopback(server, port)}`
  }
  const upstreams = new Map(functions.map((one) => [one.name, toUpstream(one, tier)]))
  const slices = deploymentsOf(tier).flatMap(({ name, serves }) => serves.map(({ slice }) => [slice, name] as const))

  const down = healthOf({ clock: Date.now, isDatabaseUp: options.isDatabaseUp, functions })
  const table = await readRouteTable(tier)
  await listen(createGateway({ functions: upstreams, table, down, corsOrigins }), options.port)
  const urls: Record<string, string> = {}
  for (const upstream of upstreams.values())
    urls[upstream.name] = await listen(createFunctionDoor(upstream, corsOrigins), 0)
  for (const [slice, name] of slices) urls[slice] ??= urls[name] ?? ''
  const urlOf = (name: string): string => urls[name] ?? ''

  const pushing = {
    project: PROJECT,
    url: urlOf(PUSH_FUNCTION),
    token: () => issuer.token(audienceOf(PUSH_FUNCTION), PUBSUB_EMAIL),
    deadLetterFile: join(options.stateFolder, 'dead-letters.jsonl'),
    show,
  }
  for (const topic of TOPICS) {
    const subscription = metricsPush(pushing, topic)
    options.pubsub.add(topic, subscription)
    stops.push(() => {
      const lost = subscription.pending()
      if (lost > 0) show(`${lost} published messages were not delivered and are lost`)
      subscription.stop()
    })
  }
  const scheduler = startScheduler({
    clock: Date.now,
    schedules,
    urlOf,
    tokenFor: (slice) => issuer.token(audienceOf(servedIn(tier, slice)), SCHEDULER_EMAIL),
    send,
    wait: async (ms, signal) => await sleep(ms, undefined, { signal }),
    show,
  })
  stops.push(() => scheduler.stop())
  return { urls, scheduler }
}

const toUpstream = (one: LocalFunction, tier: Tier): Upstream => ({
  name: one.name,
  port: () => one.port(),
  timeoutMs: deploymentOf(one.name, tier).timeout_s * 1_000 + LATE_MS,
  agent: createAgent(),
})

/** Accepts nothing new; then the functions finish their requests, and the connections that remain are closed. */
async function stopServing(
  servers: readonly Server[],
  stops: readonly (() => void)[],
  functions: readonly LocalFunction[],
): Promise<void> {
  for (const stop of stops) stop()
  const finished = Promise.allSettled(functions.map((one) => one.stop()))
  await Promise.all(servers.map((server) => closeServer(server, finished)))
}
