// A server that is up but refuses connections, writes or space.
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { type Arena, type Fault, type Inflicted, USUAL } from '../fault.ts'
import { endSessions } from '../stand/role-settings.ts'
import { limitOf } from '../stand/session-sampler.ts'
import type { World } from '../stand/world.ts'
import type { Lift } from '../tally.ts'

const REFUSED = ['metrics-ingest', 'metrics-ingest-pubsub']
const HELD_MS = 6_500
const TAKE_MS = 10_000

export const refuseConnections: Fault = {
  name: 'refuse-connections',
  tries: 'others hold every connection that the role may have (53300)',
  ...USUAL,
  async inflict({ world, load, short, say }: Arena): Promise<Inflicted> {
    const times = short ? 1 : 5
    const lifts: Lift[] = []
    for (let i = 0; i < times; i++) {
      const held: Client[] = []
      for (const name of REFUSED) held.push(...(await takeConnections(world, name)))
      say(`${held.length} connections taken`)
      // Longer than a caller waits for a connection, so that some get an error.
      await sleep(HELD_MS)
      await Promise.all(held.map((client) => client.end()))
      lifts.push({ at: performance.now() })
      await load.acknowledged(50, 20_000)
    }
    return { times, lifts }
  },
}

/** Opens as many connections as the role may; the function's own sessions are ended in the meantime. */
async function takeConnections({ server, tier, urlOf }: World, functionName: string): Promise<Client[]> {
  const held: Client[] = []
  const limit = limitOf(tier, functionName)
  const deadline = performance.now() + TAKE_MS
  while (held.length < limit && performance.now() < deadline) {
    await endSessions(server, [functionName])
    const client = new Client({ connectionString: urlOf(functionName), application_name: 'a stranger' })
    client.on('error', () => {})
    const connected = await client.connect().then(
      () => true,
      () => false,
    )
    if (connected) held.push(client)
    // The function was faster.
    else await sleep(20)
  }
  return held
}

export const refuseWrites: Fault = {
  name: 'read-only',
  tries: 'the server is read-only, as a standby or a full Cloud SQL instance is',
  ...USUAL,
  async inflict({ world, load, short, say }: Arena): Promise<Inflicted> {
    const times = short ? 2 : 10
    const lifts: Lift[] = []
    const setReadOnly = async (value: 'on' | 'off'): Promise<void> => {
      await world.server.ask(`alter system set default_transaction_read_only = ${value}`)
      await world.server.ask('select pg_reload_conf()')
    }
    for (let i = 0; i < times; i++) {
      await setReadOnly('on')
      await sleep(1_000)
      await setReadOnly('off')
      lifts.push({ at: performance.now() })
      await load.acknowledged(50, 20_000)
      say(`${i + 1} of ${times}`)
    }
    return { times, lifts }
  },
}
