// Instances whose CPU stops, as the platform stops it between requests and sometimes during one.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Arena, type Fault, type Inflicted, USUAL } from '../fault.ts'
import { countSessions, resetTimeouts, setTimeouts } from '../stand/role-settings.ts'
import type { Lift } from '../tally.ts'

const FROZEN = ['metrics-ingest', 'metrics-ingest-pubsub']
const IDLE_MS = 15_000

export const freezeIdle: Fault = {
  name: 'freeze-idle',
  tries: 'SIGSTOP until the server has ended the idle connections, SIGCONT: the very next request succeeds',
  ...USUAL,
  async inflict({ world, fleet, random, load, short, say }: Arena): Promise<Inflicted> {
    const times = short ? 3 : 20
    const lifts: Lift[] = []
    const complaints: string[] = []
    await setTimeouts(world.server, FROZEN, { idle_session_timeout: '500ms' })
    for (let i = 0; i < times; i++) {
      await load.acknowledged(30, 20_000)
      await load.pause()
      const instance = random.pick(fleet.of(FROZEN[i % FROZEN.length] as string))
      const life = await instance.alive()
      life.child.kill('SIGSTOP')
      await noSessions(world.server)
      // On the platform, a request is what makes an instance continue.
      const asked = load.probe(instance.functionName, life)
      await sleep(50)
      life.child.kill('SIGCONT')
      const at = performance.now()
      const answer = await asked
      if (answer.kind !== 'acknowledged') complaints.push(`the request after the freeze was answered: ${answer.kind}`)
      load.resume()
      lifts.push({ at, label: life.label })
      await load.servedBy(life, 20_000)
      say(`${i + 1} of ${times} freezes`)
    }
    await resetTimeouts(world.server, FROZEN)
    return { times, lifts, complaints }
  },
}

export const freezeBusy: Fault = {
  name: 'freeze-busy',
  tries: 'SIGSTOP with requests in flight, until the server has ended their transactions',
  ...USUAL,
  async inflict({ world, fleet, random, load, short, say }: Arena): Promise<Inflicted> {
    const times = short ? 2 : 15
    const lifts: Lift[] = []
    await setTimeouts(world.server, FROZEN, { idle_in_transaction_session_timeout: '700ms' })
    for (let i = 0; i < times; i++) {
      await load.acknowledged(50, 20_000)
      const instance = random.pick(fleet.of(FROZEN[i % FROZEN.length] as string))
      const life = await instance.alive()
      life.child.kill('SIGSTOP')
      await sleep(1_500)
      life.child.kill('SIGCONT')
      lifts.push({ at: performance.now(), label: life.label })
      await load.servedBy(life, 20_000)
      say(`${i + 1} of ${times} freezes`)
    }
    await resetTimeouts(world.server, FROZEN)
    return { times, lifts }
  },
}

async function noSessions(server: Parameters<typeof countSessions>[0]): Promise<void> {
  const deadline = performance.now() + IDLE_MS
  while ((await countSessions(server, FROZEN)) > 0) {
    if (performance.now() > deadline) throw new Error('the server did not end the idle sessions')
    await sleep(50)
  }
}
