// Kills processes under load: functions, backends, the server.
import { setTimeout as sleep } from 'node:timers/promises'
import { roleOf } from '../../../database/roles.ts'
import { servedIn } from '../../../deploy/deployments.ts'
import { type Arena, type Fault, type Inflicted, USUAL } from '../fault.ts'
import type { Lift } from '../tally.ts'

const KILLABLE = ['metrics-ingest', 'metrics-ingest-pubsub', 'feedback']
/** The load's clients send no requests to it. */
const BACKFILL = 'backfill'

export const killFunction: Fault = {
  name: 'kill-function',
  tries: 'kill -9 of a function; the platform starts the next',
  ...USUAL,
  monthsPass: true,
  beside: true,
  async inflict({ fleet, random, load, short, say }: Arena): Promise<Inflicted> {
    const times = short ? 4 : 30
    const lifts: Lift[] = []
    for (let i = 0; i < times; i++) {
      await sleep(200 + random.below(500))
      const instance = random.pick(fleet.of(random.pick([...KILLABLE, BACKFILL])))
      await instance.alive()
      instance.kill()
      const at = performance.now()
      const next = await instance.alive()
      if (instance.functionName === BACKFILL) lifts.push({ at })
      else {
        lifts.push({ at, label: next.label })
        await load.servedBy(next, 20_000)
      }
      say(`${i + 1} of ${times} kills`)
    }
    return { times, lifts }
  },
}

/** A backend that dies takes the others with it: PostgreSQL ends every session and recovers, because shared memory may be damaged. */
export const killBackend: Fault = {
  name: 'kill-backend',
  tries: 'kill -9 of a backend: the server ends every session and recovers',
  ...USUAL,
  monthsPass: true,
  beside: true,
  async inflict({ world, random, load, short, say }: Arena): Promise<Inflicted> {
    const times = short ? 2 : 10
    const lifts: Lift[] = []
    for (let i = 0; i < times; i++) {
      await sleep(200 + random.below(300))
      const backends = await world.server.ask<{ pid: number }>(
        'select pid from pg_stat_activity where usename = any($1) order by state <> $2, pid',
        [KILLABLE.map((name) => roleOf(servedIn(world.tier, name))), 'active'],
      )
      const victim = backends[0]
      if (!victim) throw new Error('no function has a connection')
      process.kill(victim.pid, 'SIGKILL')
      lifts.push({ at: performance.now() })
      await load.acknowledged(50, 20_000)
      say(`${i + 1} of ${times} kills`)
    }
    return { times, lifts }
  },
}

export const crashServer: Fault = {
  name: 'crash-postgres',
  tries: 'immediate stop and kill -9 of PostgreSQL in turns; back half a second later',
  ...USUAL,
  monthsPass: true,
  beside: true,
  async inflict({ world, random, load, short, say }: Arena): Promise<Inflicted> {
    const times = short ? 2 : 10
    const lifts: Lift[] = []
    for (let i = 0; i < times; i++) {
      await sleep(200 + random.below(300))
      await world.server.crash(i % 2 === 0 ? 'SIGQUIT' : 'SIGKILL')
      await sleep(500)
      await world.server.start()
      lifts.push({ at: performance.now() })
      await load.acknowledged(50, 20_000)
      say(`${i + 1} of ${times} crashes`)
    }
    return { times, lifts }
  },
}
