// The lease of the job that moves months. It is short, so a paused holder loses it to another one, and continues until it notices.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../random.ts'

export interface Lease {
  /** Waits for the lease, and then works. `renew` @throws {LeaseLost} when another one has it. */
  hold(random: Random, work: (renew: () => Promise<void>) => Promise<void>): Promise<void>
}

class LeaseLost extends Error {
  constructor() {
    super('the lease was lost')
    this.name = 'LeaseLost'
  }
}

const LEASE_MS = 1_000

export function openLease(): Lease {
  let holder: symbol | undefined
  let until = 0
  return {
    async hold(random, work) {
      while (holder !== undefined && performance.now() < until) await sleep(5)
      const own = Symbol()
      holder = own
      until = performance.now() + LEASE_MS
      const renew = async (): Promise<void> => {
        if (random.chance(0.02)) await sleep(LEASE_MS + random.below(100))
        if (holder !== own) throw new LeaseLost()
        until = performance.now() + LEASE_MS
      }
      try {
        await work(renew)
      } finally {
        if (holder === own) holder = undefined
      }
    },
  }
}
