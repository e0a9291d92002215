// The disk of the server fills up: first tables cannot grow, then its log cannot, and the server goes down.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Server } from '../../stand/server.ts'
import { type Arena, type Fault, type Inflicted, USUAL_LOAD, USUAL_SIZES } from '../fault.ts'
import { ask } from '../load/ask.ts'
import type { Fleet } from '../stand/fleet.ts'
import { Skipped } from '../stand/skipped.ts'
import type { Lift } from '../tally.ts'

const FULL_MS = 4_000
/** More log files than the small disk has room for. */
const LOG_FILES = 12
const PATIENCE_MS = 30_000
/** A function that receives writes, and one that receives no requests. */
const ASKED = ['metrics-ingest', 'compaction']
/** A refusal by the database is remembered for 10 s. */
const HEALTHY_AGAIN_MS = 20_000

export const fillDisk: Fault = {
  name: 'disk-full',
  tries: 'the disk of the server is full, to the last block, for 4 s',
  stand: { tier: 'small', disk: 'tiny' },
  sizes: USUAL_SIZES,
  way: 'direct',
  load: USUAL_LOAD,
  monthsPass: false,
  async inflict({ world: { server }, fleet, disk, load, short, say }: Arena): Promise<Inflicted> {
    if (!disk) throw new Skipped('there is no small disk')
    const times = short ? 1 : 5
    const lifts: Lift[] = []
    const complaints: string[] = []
    let crashes = 0
    for (let i = 0; i < times; i++) {
      disk.fill()
      await sleep(FULL_MS / 2)
      for (const name of await healthy(fleet)) complaints.push(`/health of ${name} was 200 on a full disk`)
      await useUpLog(server)
      await sleep(FULL_MS / 2)
      disk.free()
      const at = performance.now()
      lifts.push({ at })
      // A server that cannot even recover ends, and is started again, like on the platform.
      while (!load.tally.successes.some((success) => success.sentAt > at)) {
        if (performance.now() - at > PATIENCE_MS) throw new Error('the server did not come back')
        if (await server.start()) crashes++
        await sleep(200)
      }
      await load.acknowledged(50, 20_000)
      say(`${i + 1} of ${times}`)
    }
    const deadline = performance.now() + HEALTHY_AGAIN_MS
    while ((await healthy(fleet)).length < ASKED.length && performance.now() < deadline) await sleep(200)
    if (performance.now() >= deadline) complaints.push('/health was not 200 again in time')
    return { times, lifts, complaints, note: `the server went down ${crashes} times` }
  },
}

/** Returns the functions whose health check answers 200. */
async function healthy(fleet: Fleet): Promise<string[]> {
  const answers = await Promise.all(
    ASKED.map(async (name) => {
      const { http } = await fleet.route(name)
      const answer = await ask(http, { method: 'GET', path: '/health', headers: {}, expects: 200 })
      return answer.kind === 'acknowledged' ? [name] : []
    }),
  )
  return answers.flat()
}

/** The log's files are made in advance and reused, so new ones are requested until one cannot be made. */
async function useUpLog({ ask }: Server): Promise<void> {
  for (let i = 0; i < LOG_FILES; i++) await ask('select pg_switch_wal()').catch(() => [])
}
