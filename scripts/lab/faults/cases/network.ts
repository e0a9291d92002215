// Disturbs the network between functions and server: cut at the worst moment, slow, and silently interrupted.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Arena, type Fault, type Inflicted, USUAL } from '../fault.ts'
import { ask } from '../load/ask.ts'
import { NO_TROUBLE } from '../stand/database-proxy.ts'
import type { Fleet } from '../stand/fleet.ts'
import type { Lift } from '../tally.ts'

export const cutCommits: Fault = {
  name: 'cut-commits',
  tries: 'connections cut between COMMIT and its answer, before COMMIT, and anywhere',
  ...USUAL,
  way: 'proxied',
  monthsPass: true,
  beside: true,
  mostBusy: 0.05,
  async inflict({ proxy, load, short, say }: Arena): Promise<Inflicted> {
    const wanted = short ? 60 : 1_000
    const before = proxy.cuts()
    Object.assign(proxy.trouble, { cutAfterCommit: 0.15, cutBeforeCommit: 0.05, cutAnywhere: 0.005 })
    for (let times = 0; times < wanted; times = proxy.cuts() - before) {
      await load.acknowledged(30, 30_000)
      say(`${times} of ${wanted} cuts`)
    }
    Object.assign(proxy.trouble, NO_TROUBLE)
    return { times: proxy.cuts() - before, lifts: [{ at: performance.now() }] }
  },
}

export const slowDatabase: Fault = {
  name: 'slow-postgres',
  tries: 'every answer of the server comes late: 0.3 s, 1 s, and in the long run 6 s',
  ...USUAL,
  way: 'proxied',
  async inflict({ proxy, load, short, say }: Arena): Promise<Inflicted> {
    const delays = short ? [300, 1_000] : [300, 1_000, 6_000]
    const lifts: Lift[] = []
    for (const delayMs of delays) {
      proxy.trouble.delayMs = delayMs
      await sleep(short ? 3_000 : 20_000)
      proxy.trouble.delayMs = 0
      lifts.push({ at: performance.now() })
      await load.acknowledged(50, 40_000)
      say(`${delayMs} ms`)
    }
    return { times: delays.length, lifts }
  },
}

/** A suspension of many minutes: the server has closed the connections long ago, and no device on the way remembers them. */
export const losePath: Fault = {
  name: 'silent-path',
  tries: 'idle connections go silent, the clock is 70 s on: the very next request succeeds',
  ...USUAL,
  way: 'proxied',
  async inflict({ world, fleet, proxy, load, short, shiftClock, say }: Arena): Promise<Inflicted> {
    const times = short ? 1 : 10
    const lifts: Lift[] = []
    const complaints: string[] = []
    const functionNames = ['metrics-ingest', 'metrics-ingest-pubsub']
    const instances = functionNames.flatMap((name) => fleet.of(name))
    for (let i = 0; i < times; i++) {
      await load.acknowledged(50, 20_000)
      await load.pause()
      proxy.silence()
      for (const { label } of fleet.instances) await shiftClock(label, 70_000 * (i + 1))
      for (const { functionName, alive } of instances) {
        const life = await alive()
        const at = performance.now()
        const answer = await load.probe(functionName, life)
        if (answer.kind !== 'acknowledged')
          complaints.push(`the next request of ${life.label} was answered: ${answer.kind}`)
        lifts.push({ at, label: life.label })
      }
      if (!(await arePartitionsServed(fleet, world.operatorKey))) complaints.push('partitions was not served')
      load.resume()
      say(`${i + 1} of ${times} silences`)
    }
    for (const { label } of fleet.instances) await shiftClock(label, 0)
    return { times: times * instances.length, lifts, complaints }
  },
}

/** The connections of partitions are silent too. */
async function arePartitionsServed(fleet: Fleet, apiKey: string): Promise<boolean> {
  const { http } = await fleet.route('partitions')
  const headers = { authorization: `Bearer ${apiKey}` }
  const answer = await ask(http, { method: 'GET', path: '/api/v1/monitoring/partitions', headers, expects: 200 })
  return answer.kind === 'acknowledged'
}
