// An instance that dies at its nth operation: after any statement or commit, and before or after any call of storage.
import { aroundUnits } from '@penstock/shared/database/units.ts'
import { afterStatements } from '../postgres/between-statements.ts'
import type { ArchiveDeps, ArchivedMonths } from './archived-months.ts'

export interface Mortal {
  readonly deps: ArchiveDeps
  /** Returns true when the instance has died. */
  isDead(): boolean
}

/** Wraps an instance so that from its death on it does nothing any more. `onDeath` may end the process instead. */
export function mortal(
  months: Pick<ArchivedMonths, 'deps' | 'storage'>,
  diesAt: number,
  onDeath: (event: string) => void = () => {},
): Mortal {
  let events = 0
  let dead = false
  const live = (event: string): void => {
    if (!dead && events++ === diesAt) {
      dead = true
      onDeath(event)
    }
    if (dead) throw new Error('the instance died')
  }
  months.storage.onCall = (call, when) => {
    live(`${when} ${call}`)
    return undefined
  }
  const plugin = afterStatements(() => live('statement'))
  const { deps } = months
  return {
    isDead: () => dead,
    deps: {
      ...deps,
      db: aroundUnits(deps.db, async (run, work) => {
        if (dead) throw new Error('the instance is dead')
        const result = await run(async (tx) => await work(tx.withPlugin(plugin)))
        live('commit')
        return result
      }),
      inCopyTransaction: async (work) => {
        if (dead) throw new Error('the instance is dead')
        const result = await deps.inCopyTransaction(
          async ({ tx, copyIn }) => await work({ tx: tx.withPlugin(plugin), copyIn }),
        )
        live('commit')
        return result
      },
      asOwner: async (work) => {
        if (dead) throw new Error('the instance is dead')
        return await deps.asOwner(async (db) => {
          return await work(db.withPlugin(plugin))
        })
      },
    },
  }
}
