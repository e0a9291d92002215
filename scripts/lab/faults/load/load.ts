// Clients of the suite, which come and go.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Micros } from '@penstock/shared/base/time.ts'
import { seededRandom } from '../../random.ts'
import type { Fleet } from '../stand/fleet.ts'
import type { Life } from '../stand/instance.ts'
import { openTally, type Tally } from '../tally.ts'
import type { Answer } from './ask.ts'
import { type Leaving, runClient, type Shared, sendOnce } from './client.ts'
import { type Ledger, openLedger } from './ledger.ts'
import { createProducer, type Job, type Mix, type Tenant } from './producer.ts'

export interface LoadPlan {
  readonly clients: number
  /** Maximum milliseconds between two requests of a client. */
  readonly thinkMs: number
  readonly mix: Mix
}

export interface LoadDeps {
  readonly fleet: Fleet
  readonly seed: number
  readonly tenants: readonly Tenant[]
  readonly subscription: string
  readonly base: Micros
  readonly months: () => readonly string[]
}

export interface Load {
  readonly ledger: Ledger
  readonly tally: Tally
  /** Adds clients. They stop with the others, or earlier on request, and then without insisting. */
  join(plan: LoadPlan): Party
  /** Resolves when that many more requests were acknowledged. @throws {Error} when they were not within the time. */
  acknowledged(count: number, withinMs: number): Promise<void>
  /** Resolves when this process has acknowledged a request. @throws {Error} when it does not within the time. */
  servedBy(life: Life, withinMs: number): Promise<void>
  /** Resolves when no request is in flight. */
  pause(): Promise<void>
  resume(): void
  /** Sends one request (a metric or a push) to this instance that no client waits for. */
  probe(functionName: string, life: Life): Promise<Answer>
  /** Sends no new requests; those in progress are repeated until they are acknowledged, for 20 s at most. Safe to repeat. */
  stop(): Promise<void>
}

/** Clients that were added together. */
export interface Party {
  /** Resolves when they have stopped, each after its current request. Safe to repeat. */
  leave(options?: { readonly insists: boolean }): Promise<void>
}

const NOTHING: Mix = { batch: 0, single: 0, stamped: 0, push: 0, poison: 0, read: 0, opinion: 0 }

/** Starts the clients of a plan. */
export function startLoad(deps: LoadDeps, plan: LoadPlan): Load {
  const ledger = openLedger(() => performance.now())
  const shared: Shared = { fleet: deps.fleet, ledger, tally: openTally(), gate: undefined, inFlight: 0 }
  const produce = producers(deps)
  const parties: Party[] = []
  const join = (joining: LoadPlan): Party => {
    const party = startParty(shared, deps.seed, produce, joining, parties.length)
    parties.push(party)
    return party
  }
  join(plan)
  const probes = new Map([
    ['metrics-ingest', produce('probe', { ...NOTHING, single: 1 })],
    ['metrics-ingest-pubsub', produce('probe-push', { ...NOTHING, push: 1 })],
  ])
  return {
    ledger,
    tally: shared.tally,
    join,
    acknowledged: async (count, withinMs) => await acknowledged(shared.tally, count, withinMs),
    servedBy: async (life, withinMs) => await servedBy(shared.tally, life, withinMs),
    async pause() {
      shared.gate ??= Promise.withResolvers()
      while (shared.inFlight > 0) await sleep(5)
    },
    resume() {
      shared.gate?.resolve()
      shared.gate = undefined
    },
    async probe(functionName, life) {
      const next = probes.get(functionName)
      if (!next) throw new Error(`nothing is known to ask of ${functionName}`)
      return await sendOnce(shared, next(), life)
    },
    async stop() {
      shared.gate?.resolve()
      await Promise.all(parties.map((party) => party.leave({ insists: true })))
    },
  }
}

type Produce = (service: string, mix: Mix) => () => Job

/** Makes clients' requests; no two requests of a load share a value. */
function producers({ seed, tenants, ...deps }: LoadDeps): Produce {
  let value = 0
  let made = 0
  const nextValue = (): number => ++value
  return (service, mix) => {
    const tenant = tenants[made++ % tenants.length] as Tenant
    return createProducer({ ...deps, random: seededRandom(`${seed} ${service}`), mix, service, tenant, nextValue })
  }
}

function startParty(shared: Shared, seed: number, produce: Produce, plan: LoadPlan, number: number): Party {
  const leaving: Leaving = { at: Number.POSITIVE_INFINITY, insists: false }
  const clients = Array.from({ length: plan.clients }, async (_, i) => {
    const name = `c${number}-${i}`
    const random = seededRandom(`${seed} ${name} waits`)
    const next = produce(name, plan.mix)
    await runClient(shared, { random, next, thinkMs: plan.thinkMs, leaving })
  })
  return {
    async leave({ insists } = { insists: false }) {
      leaving.at = Math.min(leaving.at, performance.now())
      leaving.insists = insists
      await Promise.all(clients)
    },
  }
}

async function acknowledged({ counts }: Tally, count: number, withinMs: number): Promise<void> {
  const wanted = counts.acknowledged + count
  const deadline = performance.now() + withinMs
  while (counts.acknowledged < wanted) {
    if (performance.now() > deadline)
      throw new Error(`only ${count - wanted + counts.acknowledged} of ${count} requests were acknowledged in time`)
    await sleep(5)
  }
}

async function servedBy({ successes }: Tally, { label }: Life, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs
  for (let seen = successes.length; ; seen = successes.length) {
    await sleep(5)
    if (successes.slice(seen).some((success) => success.label === label)) return
    if (performance.now() > deadline) throw new Error(`${label} acknowledged nothing in time`)
  }
}
