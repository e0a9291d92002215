// Instances that are ended while requests are in flight, and more instances than the budget allows.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Arena, type Fault, type Inflicted, USUAL, USUAL_LOAD } from '../fault.ts'
import { describeSamples, overBudget, startSampler } from '../stand/session-sampler.ts'
import type { Lift } from '../tally.ts'

const ENDED = ['metrics-ingest', 'metrics-ingest-pubsub', 'feedback', 'backfill', 'partitions']
const WITHOUT_CLIENTS = ['backfill', 'compaction', 'partitions', 'storage']

export const endFunction: Fault = {
  name: 'sigterm',
  tries: 'SIGTERM in a burst: every request answered, exit 0, within 10 s',
  ...USUAL,
  load: { ...USUAL_LOAD, thinkMs: 5 },
  monthsPass: true,
  async inflict({ fleet, random, load, short, say }: Arena): Promise<Inflicted> {
    const times = short ? 3 : 30
    const lifts: Lift[] = []
    for (let i = 0; i < times; i++) {
      await sleep(100 + random.below(200))
      const instance = random.pick(fleet.of(random.pick(ENDED)))
      await instance.alive()
      const at = performance.now()
      await instance.end({ last: false })
      const next = await instance.alive()
      // The load's clients send no requests to these functions.
      if (WITHOUT_CLIENTS.includes(instance.functionName)) lifts.push({ at })
      else {
        lifts.push({ at, label: next.label })
        await load.servedBy(next, 20_000)
      }
      say(`${i + 1} of ${times} ended`)
    }
    return { times, lifts }
  },
}

export const rollOut: Fault = {
  name: 'rollout',
  tries: 'two revisions alive: twice the instances, and no more connections',
  ...USUAL,
  monthsPass: true,
  spendsFleet: true,
  async inflict({ world, fleet, load, short, say }: Arena): Promise<Inflicted> {
    const times = short ? 1 : 5
    const lifts: Lift[] = []
    const sampler = await startSampler(world.server.url)
    for (let i = 0; i < times; i++) {
      const old = fleet.instances.filter((one) => one.lives().length > 0 && !WITHOUT_CLIENTS.includes(one.functionName))
      for (const name of new Set(old.map((one) => one.functionName)))
        await fleet.grow(name, old.filter((one) => one.functionName === name).length)
      await sleep(short ? 2_000 : 8_000)
      await Promise.all(old.map((one) => one.end({ last: true })))
      lifts.push({ at: performance.now() })
      await load.acknowledged(100, 20_000)
      say(`${i + 1} of ${times} rollouts`)
    }
    const samples = await sampler.stop()
    const complaints = overBudget(world.tier, samples)
    return { times, lifts, complaints, note: `connections: ${describeSamples(world.tier, samples)}` }
  },
}
