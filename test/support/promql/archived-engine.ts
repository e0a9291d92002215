// Moves a month of a served engine to storage, as the jobs do it.
import { openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { archiveMonth } from '@penstock/shared/lifecycle/archive-month.ts'
import { makeChunkMonth } from '@penstock/shared/points/chunk-months.ts'
import { TEST_BUCKET } from '../google/storage.ts'
import { runLimits } from '../months/log-archive.ts'
import { compactEverything, passTheGate } from '../points/compact-everything.ts'
import type { ServedEngine } from './served-engine.ts'

/** Makes the partitions of chunks, and compacts the whole log. */
export async function compactServed({ database }: ServedEngine, months: readonly string[]): Promise<void> {
  const partitions = database.openAs('partitions')
  for (const month of months) await partitions.writeAll(async (tx) => void (await makeChunkMonth(tx, month)))
  await compactEverything(database.openAs('compaction'))
}

/** Archives a month of the log and chunks, for every tenant. */
export async function archiveStored(engine: ServedEngine, month: string): Promise<void> {
  const db = engine.database.openAs('retention')
  await passTheGate(db)
  const deps = { db, store: storeOf(engine), now: Date.now, renew: async () => {}, limits: runLimits }
  for (const { id } of await engine.database.query<{ id: number }>('select id from tenant'))
    await archiveMonth(deps, { tenantId: id, month })
}

const storeOf = ({ storage }: ServedEngine) =>
  openArchiveStore(
    { bucket: TEST_BUCKET, endpoint: storage.url },
    { attempts: 3, pauseMs: 1, timeoutMs: 2_000, random: () => 0 },
  )
