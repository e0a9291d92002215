// An instance of a function that dies at its nth step: before any statement, after any commit, and before or after any call of storage.
import { setTimeout as sleep } from 'node:timers/promises'
import type { ArchiveStore } from '@penstock/shared/archive/archive-store.ts'
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
export function dyingDatabase(mortal: Mortal, { db }: Door): Door['db'] {
  const dying =
    <A extends unknown[], R>(call: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      const result = await call(...given)
      mortal.step()
      return result
    }
  return { inTransaction: dying(db.inTransaction), inTenant: dying(db.inTenant) } as Door['db']
}

/** Counts each call of storage as two steps, one before and one after it. `before` is called first, with the name of the call. */
export function dyingStore(mortal: Mortal, store: ArchiveStore, before: (call: string) => void): ArchiveStore {
  const dying =
    <A extends unknown[], R>(name: string, call: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      before(name)
      mortal.step()
      const result = await call(...given)
      mortal.step()
      return result
    }
  return {
    put: dying('put', store.put),
    stat: dying('stat', store.stat),
    readRange: dying('readRange', store.readRange),
    copy: dying('copy', store.copy),
    remove: dying('remove', store.remove),
    hold: dying('hold', store.hold),
    async *list(prefix) {
      before('list')
      mortal.step()
      yield* store.list(prefix)
    },
    uriOf: store.uriOf,
  }
}
