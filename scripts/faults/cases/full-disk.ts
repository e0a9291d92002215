// No space is left for the server's files: first tables cannot grow, then its log cannot, and it goes down.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Arena, type Fault, type Inflicted, Skipped, USUAL_LOAD, USUAL_SIZES } from '../fault.ts'
import type { Server } from '../server.ts'
import type { Lift } from '../tally.ts'

const FULL_MS = 4_000
/** More than fit on the small disk. */
const LOG_FILES = 12
const PATIENCE_MS = 30_000

export const fillDisk: Fault = {
  name: 'disk-full',
  tries: 'the disk of the server is full, to the last block, for 4 s',
  stand: { tier: 'small', disk: 'tiny' },
  sizes: USUAL_SIZES,
  way: 'direct',
  load: USUAL_LOAD,
  monthsPass: false,
  async inflict({ world: { server }, disk, load, short, say }: Arena): Promise<Inflicted> {
    if (!disk) throw new Skipped('there is no small disk')
    const times = short ? 1 : 5
    const lifts: Lift[] = []
    let crashes = 0
    for (let i = 0; i < times; i++) {
      disk.fill()
      await sleep(FULL_MS / 2)
      await useUpLog(server)
      await sleep(FULL_MS / 2)
      disk.free()
      const at = performance.now()
      lifts.push({ at })
      // A server that cannot even recover ends for good, and is started again as the platform does.
      while (!load.tally.successes.some((success) => success.sentAt > at)) {
        if (performance.now() - at > PATIENCE_MS) throw new Error('the server did not come back')
        if (await server.start()) crashes++
        await sleep(200)
      }
      await load.acknowledged(50, 20_000)
      say(`${i + 1} of ${times}`)
    }
    return { times, lifts, note: `the server went down ${crashes} times` }
  },
}

/** The log's files are made ahead and used again: new ones are asked for, until one cannot be made. */
async function useUpLog({ ask }: Server): Promise<void> {
  for (let i = 0; i < LOG_FILES; i++) await ask('select pg_switch_wal()').catch(() => [])
}
