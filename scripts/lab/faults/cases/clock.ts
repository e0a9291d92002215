// Shifts the clocks of instances, forward and back.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Arena, type Fault, type Inflicted, USUAL } from '../fault.ts'
import type { Lift } from '../tally.ts'

const HOUR_MS = 3_600_000
/** Points that are more than a day ahead of the clock are refused, so the clock goes no further back than that. */
const SHIFTS_MS = [HOUR_MS, -HOUR_MS, 24 * HOUR_MS, -20 * HOUR_MS, 0]
const SHIFTED = ['metrics-ingest', 'metrics-ingest-pubsub']

export const shiftClocks: Fault = {
  name: 'clock-jumps',
  tries: 'clocks of instances jump an hour or a day, forth and back, with requests in flight',
  ...USUAL,
  way: 'proxied',
  monthsPass: true,
  async inflict({ fleet, load, random, short, shiftClock, say }: Arena): Promise<Inflicted> {
    const times = short ? 8 : 60
    const lifts: Lift[] = []
    const complaints: string[] = []
    const instances = SHIFTED.flatMap((name) => fleet.of(name))
    for (let i = 0; i < times; i++) {
      const instance = random.pick(instances)
      const life = await instance.alive()
      await shiftClock(instance.label, SHIFTS_MS[i % SHIFTS_MS.length] ?? 0)
      lifts.push({ at: performance.now(), label: life.label })
      const answer = await load.probe(instance.functionName, life)
      if (answer.kind !== 'acknowledged') complaints.push(`after a jump a request was answered: ${answer.kind}`)
      await sleep(150)
      say(`${i + 1} of ${times} jumps`)
    }
    for (const { label } of instances) await shiftClock(label, 0)
    return { times, lifts, complaints }
  },
}
