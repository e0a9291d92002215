// An instance of a function that moves months: its database and storage, which end with it.
import type { RunDeps } from '@penstock/shared/lifecycle/run-deps.ts'
import type { Random } from '../../random.ts'
import type { Stage } from '../stage.ts'
import { openDoor } from '../world/door.ts'
import { ARCHIVED_MONTHS } from '../world/instants.ts'
import { emptyMonth } from './month-actor.ts'
import { Died, dyingAt, dyingDatabase, dyingStore, makeMortal } from './mortal.ts'

const LIMITS = { piecePoints: 8, loggedPoints: 100, snapshotMs: 30_000, blockBytes: 4_096 }

export interface Call {
  readonly kind: string
  readonly renew: () => Promise<void>
  /** The URL of its connection; retention's role when absent. */
  readonly url?: string
  /** Changes its statements in every variant. */
  readonly gateOf?: (statement: string) => string
}

/** Runs work as an instance, which dies at one of its steps every other time. Nothing of it happens after its death. */
export async function asInstance(
  stage: Stage,
  random: Random,
  { kind, renew, url = stage.world.urlOf('retention'), gateOf = asItIs }: Call,
  work: (deps: RunDeps) => Promise<void>,
): Promise<void> {
  const mortal = makeMortal(random.chance(0.4) ? stage.nextDeath(kind) : Number.POSITIVE_INFINITY)
  const watched = dyingStore(mortal, stage.world.bucket.store, (call) => {
    if (door.isLocked()) stage.history.found('storage was asked under the lock', `${call} by ${kind}`)
  })
  const { before, store } = stage.variant.retention?.({ ask: stage.world.ask, store: watched }) ?? {
    before: async (statement: string) => statement,
    store: watched,
  }
  const door = openDoor(
    url,
    dyingAt(mortal, random, async (statement, client) => {
      // Between two reads of a run, another transaction changes its month.
      if (statement.includes('dense_rank() over') && random.chance(stage.variant.keepsRuns ? 0.6 : 0.05))
        await emptyMonth(stage, ARCHIVED_MONTHS[1])
      return await before(gateOf(statement), client)
    }),
  )
  try {
    await work({ db: dyingDatabase(mortal, door), store, now: Date.now, renew, limits: LIMITS })
    if (!mortal.isDead()) stage.livedFor(kind, mortal.steps())
  } catch (error) {
    if (!mortal.isDead()) throw error
    stage.counts.deaths++
    if (!(error instanceof Died))
      stage.counts.failures.set('after a death', (stage.counts.failures.get('after a death') ?? 0) + 1)
  } finally {
    await door.close()
  }
}

const asItIs = (statement: string): string => statement
