// More instances and more clients than the server has connections for.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Tier } from '@penstock/shared/config/tier.ts'
import { percentile } from '../../figures.ts'
import { type Arena, type Fault, type Inflicted, USUAL_LOAD } from '../fault.ts'
import { ask } from '../load/ask.ts'
import type { Fleet, Sizes } from '../stand/fleet.ts'
import type { Instance } from '../stand/instance.ts'
import { describeSamples, overBudget, startSampler } from '../stand/session-sampler.ts'
import { startSlowClients } from '../stand/slow-clients.ts'
import type { Tally } from '../tally.ts'

const ONE_EACH: Sizes = {
  'metrics-ingest': 1,
  'metrics-ingest-pubsub': 1,
  'metrics-query': 1,
  feedback: 1,
  backfill: 1,
  compaction: 1,
  partitions: 1,
}
/** 40 instances whose pools would need 80 connections. */
const FORTY: Sizes = {
  'metrics-ingest': 14,
  'metrics-ingest-pubsub': 10,
  'metrics-query': 8,
  feedback: 6,
  partitions: 1,
}
const ELEVEN: Sizes = {
  'metrics-ingest': 3,
  'metrics-ingest-pubsub': 2,
  'metrics-query': 2,
  feedback: 2,
  backfill: 2,
  compaction: 1,
  partitions: 1,
}
const EVERYTHING = { batch: 6, single: 5, stamped: 3, push: 5, poison: 1, read: 4, opinion: 4 }
const CLIENTS = { whole: 500, short: 150 }
const SLOW_CLIENTS = { whole: 60, short: 24 }
const STORM_MS = { whole: 30_000, short: 4_000 }

export const stormOnStandard = storm('standard', 100)
export const stormOnSmall: Fault = { ...storm('small', 25), onlyWhole: true }

function storm(tier: Tier, maxConnections: number): Fault {
  return {
    name: `storm-${tier}`,
    tries: `40 instances, 500 clients, slow and half-open ones in addition, on ${maxConnections} connections`,
    stand: { tier },
    sizes: ONE_EACH,
    way: 'direct',
    load: USUAL_LOAD,
    monthsPass: true,
    spendsFleet: true,
    async inflict({ world, fleet, load, tenants, short, say }: Arena): Promise<Inflicted> {
      const size = short ? 'short' : 'whole'
      const sampler = await startSampler(world.server.url)
      const added = await growTo(fleet, short ? ELEVEN : FORTY, say)
      const ports = fleet.instances.flatMap((one) => one.lives().map((life) => life.port))
      const slow = startSlowClients(ports, SLOW_CLIENTS[size], tenants[0]?.apiKey ?? '')
      const party = load.join({ clients: CLIENTS[size], thinkMs: 0, mix: EVERYTHING })
      const begun = performance.now()
      await sleep(STORM_MS[size])
      await party.leave()
      slow.hangUp()
      await shrink(added)
      const over = performance.now()
      const samples = await sampler.stop()
      return {
        times: 1,
        lifts: [{ at: over }],
        complaints: overBudget(tier, samples),
        note: `${fleet.instances.length} instances, ${CLIENTS[size]} clients; ${latencies(load.tally, begun)}; connections in ${samples.count} samples: ${describeSamples(tier, samples)}`,
      }
    },
  }
}

/** The role of one function has no connections left; the other roles have some. */
export const starve: Fault = {
  name: 'starvation',
  tries: 'a storm on metrics-ingest alone: metrics-query and partitions are served all the while',
  stand: { tier: 'small' },
  sizes: ONE_EACH,
  way: 'direct',
  load: { ...USUAL_LOAD, clients: 8 },
  monthsPass: false,
  spendsFleet: true,
  async inflict({ world, fleet, load, tenants, short, say }: Arena): Promise<Inflicted> {
    const size = short ? 'short' : 'whole'
    const sampler = await startSampler(world.server.url)
    const added = await growTo(fleet, { 'metrics-ingest': short ? 4 : 20 }, say)
    const party = load.join({
      clients: CLIENTS[size] / 2,
      thinkMs: 0,
      mix: { ...EVERYTHING, push: 0, poison: 0, read: 0, opinion: 0 },
    })
    const until = performance.now() + STORM_MS[size]
    const answers = await Promise.all([
      askUntil(fleet, 'metrics-query', '/api/v1/monitoring/metrics/series', tenants[0]?.apiKey ?? '', until),
      askUntil(fleet, 'partitions', '/api/v1/monitoring/partitions', world.operatorKey, until),
    ])
    await party.leave()
    await shrink(added)
    const over = performance.now()
    const samples = await sampler.stop()
    const refused = answers.flatMap(({ name, refused, asked }) =>
      refused.length === 0 ? [] : [`${refused.length} of ${asked} requests to ${name} were refused: ${refused[0]}`],
    )
    const served = answers.map(
      ({ name, asked, longestMs }) => `${name} ${asked} times, ${Math.round(longestMs)} ms at most`,
    )
    return {
      times: 1,
      lifts: [{ at: over }],
      complaints: [...overBudget(world.tier, samples), ...refused],
      note: `served: ${served.join(', ')}; connections: ${describeSamples(world.tier, samples)}`,
    }
  },
}

/** Starts the missing instances, and returns them. */
async function growTo(fleet: Fleet, sizes: Sizes, say: (progress: string) => void): Promise<readonly Instance[]> {
  const added: Instance[] = []
  for (const [name, count] of Object.entries(sizes))
    added.push(...(await fleet.grow(name, count - fleet.of(name).length)))
  say(`${fleet.instances.length} instances`)
  return added
}

/** The platform ends idle instances; until then they hold their connections. */
async function shrink(added: readonly Instance[]): Promise<void> {
  await Promise.all(added.map((one) => one.end({ last: true })))
}

function latencies({ successes }: Tally, begun: number): string {
  const times = successes.filter(({ sentAt }) => sentAt >= begun).map(({ sentAt, endedAt }) => endedAt - sentAt)
  return [50, 95, 99].map((percent) => `p${percent} ${Math.round(percentile(times, percent) ?? 0)} ms`).join(', ')
}

interface Served {
  readonly name: string
  readonly asked: number
  readonly longestMs: number
  readonly refused: readonly string[]
}

async function askUntil(fleet: Fleet, name: string, path: string, apiKey: string, until: number): Promise<Served> {
  const refused: string[] = []
  let longestMs = 0
  let asked = 0
  while (performance.now() < until) {
    const { http } = await fleet.route(name)
    const begun = performance.now()
    const answer = await ask(http, {
      method: 'GET',
      path,
      headers: { authorization: `Bearer ${apiKey}` },
      expects: 200,
    })
    asked++
    longestMs = Math.max(longestMs, performance.now() - begun)
    if (answer.kind !== 'acknowledged') refused.push(answer.kind)
    await sleep(50)
  }
  return { name, asked, longestMs, refused }
}
