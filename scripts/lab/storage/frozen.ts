// An archiving run that stops for a while between its copy and its switch. In the meantime the database is restored into another cluster.
import { setTimeout as sleep } from 'node:timers/promises'
import { archiveMonth } from '@penstock/shared/lifecycle/archive-month.ts'
import type { Random } from '../random.ts'
import { asInstance } from './actors/instance.ts'
import { settleAll } from './actors/retention-actor.ts'
import { type WrittenPoint, writeOnce } from './actors/writers.ts'
import type { Stage } from './stage.ts'
import { openDoor } from './world/door.ts'
import { ARCHIVED, ARCHIVED_MONTHS } from './world/instants.ts'

const THAW_AFTER_MS = 700
const GATE = /pg_snapshot_xmin\(pg_current_snapshot\(\)\)::text as xid/

/**
 * Archives a month of the first tenant up to the switch, while nothing else works. Its transactions have the numbers that the rows of the log will
 * carry, like those of the cluster that it works in. Returns a function that waits a little, and then lets it finish.
 */
export async function freezeRun(stage: Stage, random: Random): Promise<() => Promise<void>> {
  const [tenant] = stage.world.tenants
  if (!tenant) throw new Error('there is no tenant')
  await writeSome(stage, random)
  const isThere = Promise.withResolvers<void>()
  const isFree = Promise.withResolvers<void>()
  const call = { kind: 'frozen', renew: async () => {}, gateOf: (statement: string) => statement.replace(GATE, LATER) }
  const lives: Stage = { ...stage, nextDeath: () => Number.POSITIVE_INFINITY }
  const ended = asInstance(lives, random, call, async (deps) => {
    await settleAll(deps)
    const store = {
      ...deps.store,
      copy: async (...given: Parameters<typeof deps.store.copy>) => {
        const copied = await deps.store.copy(...given)
        isThere.resolve()
        await isFree.promise
        return copied
      },
    }
    const { outcome } = await archiveMonth({ ...deps, store }, { tenantId: tenant.id, month: ARCHIVED_MONTHS[1] })
    if (outcome === 'forgotten') stage.counts.forgotten++
  })
  const isOver = async (): Promise<string> =>
    await ended.then(
      () => 'nothing to copy',
      (error: unknown) => String(error),
    )
  const over = await Promise.race([isThere.promise, isOver()])
  if (over !== undefined && stage.variant.without === '')
    stage.history.found('the checker', `the frozen run ended before its switch: ${over}`)
  return async () => {
    await sleep(THAW_AFTER_MS)
    isFree.resolve()
    await ended.catch(() => {})
  }
}

const LATER = '(pg_snapshot_xmin(pg_current_snapshot())::text::bigint + 1000000000)::text as xid'

async function writeSome(stage: Stage, random: Random): Promise<void> {
  const [tenant] = stage.world.tenants
  const door = openDoor(stage.world.urlOf('metrics-ingest'), async (statement) => statement)
  const points = ARCHIVED.flatMap((at) =>
    (tenant?.series ?? []).map((series): WrittenPoint => [series, at, stage.nextValue()]),
  )
  if (tenant) await writeOnce(stage, door, { tenant, points, random: { ...random, chance: () => false } })
  await door.close()
}
