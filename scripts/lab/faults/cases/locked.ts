// Holds a lock on the log, which every writer needs, for longer than a statement may wait for it.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Arena, type Fault, type Inflicted, USUAL } from '../fault.ts'
import { resetTimeouts, setTimeouts } from '../stand/role-settings.ts'
import type { Lift } from '../tally.ts'

const WRITERS = ['metrics-ingest', 'metrics-ingest-pubsub']
/** The lock time-outs of the budget and of a short run; the lock is held a fifth longer. */
const LOCK_TIMEOUT_S = { whole: 10, short: 2 }
const IN_A_ROW = 20
/** Longer than any writer can still wait for the lock when it is released. */
const LIMIT_MS = 10_000

export const holdLock: Fault = {
  name: 'lock-held',
  tries: 'the log is locked past the lock_timeout of every writer: then they write as before',
  ...USUAL,
  async inflict({ world: { server }, load, short, say }: Arena): Promise<Inflicted> {
    const timeoutS = short ? LOCK_TIMEOUT_S.short : LOCK_TIMEOUT_S.whole
    const times = short ? 1 : 3
    const lifts: Lift[] = []
    const complaints: string[] = []
    let slowest = 0
    await setTimeouts(server, WRITERS, { lock_timeout: `${timeoutS}s` })
    try {
      for (let i = 0; i < times; i++) {
        await load.acknowledged(50, 20_000)
        const heldS = timeoutS * 1.2
        await server.ask(`do $$ begin lock table metric_log in exclusive mode; perform pg_sleep(${heldS}); end $$`)
        const at = performance.now()
        lifts.push({ at })
        while (successesInARow(load.tally, at) < IN_A_ROW && performance.now() - at < LIMIT_MS) await sleep(5)
        const ms = performance.now() - at
        slowest = Math.max(slowest, ms)
        if (ms >= LIMIT_MS) complaints.push(`no ${IN_A_ROW} writes in a row within ${LIMIT_MS / 1000} s of the lock`)
        say(`${i + 1} of ${times}`)
      }
    } finally {
      // Ends the sessions, broken ones included, so the wait above must have finished.
      await resetTimeouts(server, WRITERS)
    }
    return {
      times,
      lifts,
      complaints,
      note: `${IN_A_ROW} writes in a row ${Math.round(slowest)} ms after the lock at most`,
    }
  },
}

/** Counts requests that were sent after `from` and acknowledged, with no refusal after the first of them. */
function successesInARow({ successes, failures }: Arena['load']['tally'], from: number): number {
  const refused = failures.at(-1) ?? Number.NEGATIVE_INFINITY
  return successes.filter(({ sentAt, endedAt }) => sentAt >= from && endedAt > refused).length
}
