// An instance of a function that dies at its nth step: before any statement, after any commit, and before or after any call of storage.
import { setTimeout as sleep } from 'node:timers/promises'
import type { ArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { aroundUnits, type Units } from '@penstock/shared/database/units.ts'
import type { Random } from '../../random.ts'
import type { BeforeStatement, Door } from '../world/door.ts'

export interface Mortal {
  /** Counts a step. @throws {Died} from the instance's last step on. */
  step(): void
  /** The number of steps so far. */
  steps(): number
  isDead(): boolean
}

export class Died extends Error {
  constructor() {
    super('the instance died')
    this.name = 'Died'
  }
}

/** Makes an instance that dies at this step; infinity for one that lives. */
export function makeMortal(diesAt: number): Mortal {
  let steps = 0
  return {
    step() {
      if (steps++ >= diesAt) throw new Died()
    },
    steps: () => steps,
    isDead: () => steps > diesAt,
  }
}

/** Counts each statement of an instance as a step, with pauses between them. */
export const dyingAt =
  (mortal: Mortal, random: Random, then: BeforeStatement): BeforeStatement =>
  async (statement, client) => {
    if (random.chance(0.05)) await sleep(random.below(8))
    mortal.step()
    return await then(statement, client)
  }

/** Counts each commit as a step, after it was answered. */
export function dyingDatabase(mortal: Mortal, { db }: Door): Units {
  return aroundUnits(db, async (run, work) => {
    const result = await run(work)
    mortal.step()
    return result
  })
}

/** Counts each call of storage as two steps, one before and one after it. `before` is called first, with the name of the call. */
export function dyingStore(mortal: Mortal, store: ArchiveStore, before: (call: string) => void): ArchiveStore {
  const dying = async <R>(name: string, call: () => Promise<R>): Promise<R> => {
    before(name)
    mortal.step()
    const result = await call()
    mortal.step()
    return result
  }
  return {
    put: async (...given) => await dying('put', async () => await store.put(...given)),
    stat: async (...given) => await dying('stat', async () => await store.stat(...given)),
    readRange: async (...given) => await dying('readRange', async () => await store.readRange(...given)),
    copy: async (...given) => await dying('copy', async () => await store.copy(...given)),
    remove: async (...given) => await dying('remove', async () => await store.remove(...given)),
    hold: async (...given) => await dying('hold', async () => await store.hold(...given)),
    async *list(prefix) {
      before('list')
      mortal.step()
      yield* store.list(prefix)
    },
    uriOf: (name) => store.uriOf(name),
  }
}
