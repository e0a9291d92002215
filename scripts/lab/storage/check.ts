// One check: actors run for a while on a server, everything is compacted, and the observations are compared with a single order of
// operations.

import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Client } from 'pg'
import { removePostgres } from '../../database/postgres.ts'
import { type Random, seededRandom } from '../random.ts'
import { lasting } from '../stand/clients.ts'
import { runEraser } from './actors/erase-actor.ts'
import { runHolder } from './actors/hold-actor.ts'
import { everyInstant, readPages, runHttpReader } from './actors/http-reader.ts'
import { openLease } from './actors/lease.ts'
import { runMonths } from './actors/month-actor.ts'
import { compactEverything, readAll, runCompactor, runKiller, runReader } from './actors/readers.ts'
import { archiveEverything, runRetention } from './actors/retention-actor.ts'
import { noVictims } from './actors/victims.ts'
import { runWriter } from './actors/writers.ts'
import { freezeRun } from './frozen.ts'
import { restoreElsewhere } from './restore.ts'
import { openHistory } from './seen/history.ts'
import { compareSnapshot } from './seen/snapshot.ts'
import { type Counts, noCounts, type Stage } from './stage.ts'
import type { Cast, Variant } from './variants.ts'
import { type Door, openDoor } from './world/door.ts'
import { type CheckedTenant, type CheckedWorld, openWorld } from './world/world.ts'

export interface CheckOptions {
  readonly seconds: number
  readonly seed: number
  readonly kills: boolean
}

export interface Checked {
  readonly operations: number
  readonly counts: Counts
  readonly violations: ReadonlyMap<string, { readonly count: number; readonly example: string }>
}

const CAST: Cast = { writers: 6, compactors: 3, readers: 3, httpReaders: 1, erasers: 1 }
const RETENTIONS = 2
/** Each instance dies this many steps later than the one before it. It is a prime, so every step is reached. */
const STRIDE = 17
/** Then the database continues as if it had been restored into another cluster. */
const SHARE_BEFORE_RESTORE = 0.3

/**
 * Runs the actors for `seconds` on a new server, and checks the result. The seed determines what each actor does; the timing depends on
 * the machine.
 */
export async function check(variant: Variant, { seconds, seed, kills }: CheckOptions): Promise<Checked> {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-storage-'))
  chmodSync(folder, 0o755)
  const world = await openWorld(folder, variant.setup ?? '')
  try {
    const clock = { until: 0 }
    const stage = openStage(world, variant, () => performance.now() < clock.until)
    world.bucket.watch(stage.history, seededRandom(`${seed} bucket`))
    const runAll = async (share: number, thaw: () => Promise<void>): Promise<void> => {
      clock.until = performance.now() + seconds * share * 1000
      await Promise.all(castOf(stage, { seed: `${seed} ${share}`, kills }, thaw))
    }
    await runAll(SHARE_BEFORE_RESTORE, async () => {})
    const thaw = await freezeRun(stage, seededRandom(`${seed} frozen`))
    await restoreElsewhere(world.superuser, variant.keepsGates ?? false)
    await runAll(1 - SHARE_BEFORE_RESTORE, thaw)
    await checkEnd(stage, world)
    const { history, counts } = stage
    return { operations: history.operations(), counts, violations: history.violations() }
  } finally {
    await world.close()
    await removePostgres(join(folder, 'data'))
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Returns all actors that work on the world at one time. Months are not moved before the frozen run has ended. */
function castOf(
  stage: Stage,
  { seed, kills }: { readonly seed: string; readonly kills: boolean },
  thaw: () => Promise<void>,
): readonly Promise<void>[] {
  const several = (count: number, kind: string, run: typeof runWriter) =>
    Array.from({ length: count }, async (_, i) => await run(stage, seededRandom(`${seed} ${kind} ${i}`)))
  const cast = { ...CAST, ...stage.variant.cast }
  const thawed = thaw()
  const afterwards = (run: typeof runWriter) => async (onStage: Stage, random: Random) => {
    await thawed
    await run(onStage, random)
  }
  return [
    thawed,
    ...several(cast.writers, 'writer', runWriter),
    ...several(cast.compactors, 'compactor', runCompactor),
    ...several(cast.readers, 'reader', runReader),
    ...several(cast.httpReaders, 'http reader', runHttpReader),
    ...several(1, 'months', afterwards(runMonths)),
    ...several(RETENTIONS, 'retention', afterwards(runRetention)),
    ...several(1, 'holder', afterwards(runHolder)),
    ...several(cast.erasers, 'eraser', afterwards(runEraser)),
    ...several(kills ? 1 : 0, 'killer', runKiller),
  ]
}

function openStage(world: CheckedWorld, variant: Variant, goesOn: () => boolean): Stage {
  let value = 0
  const deaths = new Map<string, { next: number; most: number }>()
  const deathsOf = (kind: string) => {
    const known = deaths.get(kind) ?? { next: 0, most: 60 }
    deaths.set(kind, known)
    return known
  }
  return {
    world,
    variant,
    goesOn,
    history: openHistory(),
    counts: noCounts(),
    remembered: new Map(),
    victims: noVictims(),
    lease: openLease(),
    holds: new Set(),
    // Tenths, whose sums depend on the order of addition.
    nextValue: () => ++value / 10,
    nextDeath(kind) {
      const known = deathsOf(kind)
      known.next += STRIDE
      return known.next % known.most
    },
    livedFor(kind, steps) {
      deathsOf(kind).most = Math.max(deathsOf(kind).most, steps)
    },
  }
}

/** Compacts the rest like the product would, and checks again. */
async function checkEnd(stage: Stage, world: CheckedWorld): Promise<void> {
  world.bucket.calm()
  const asItIs = async (statement: string): Promise<string> => statement
  const compactor = openDoor(world.urlOf('compaction'), asItIs)
  const reader = openDoor(world.urlOf('metrics-query'), asItIs)
  const superuser = lasting({ connectionString: world.superuser })
  await superuser.connect()
  try {
    await compactEverything(compactor).catch((error: unknown) =>
      stage.history.found('compaction fails', (error as Error).message),
    )
    for (const tenant of world.tenants) await compareEnd(stage, reader, superuser, tenant)
    // The same again when objects hold what they can.
    await archiveEverything(stage, seededRandom('end')).catch((error: unknown) =>
      stage.history.found('archiving fails', (error as Error).message),
    )
    for (const tenant of world.tenants) await compareEnd(stage, reader, superuser, tenant)
  } finally {
    await compactor.close()
    await reader.close()
    await superuser.end()
  }
}

async function compareEnd(stage: Stage, reader: Door, superuser: Client, tenant: CheckedTenant): Promise<void> {
  await reader.unit({ tenantId: tenant.id, readOnly: true, oneSnapshot: true }, async (tx) => {
    const start = performance.now()
    const { rows } = await sql<{ id: string }>`select pg_export_snapshot() as id`.execute(tx)
    const seen = await readAll(stage, tx, tenant)
    await compareSnapshot(stage, superuser, { snapshot: rows[0]?.id ?? '', tenant, start, seen })
  })
  await readPages(stage, tenant, { instants: everyInstant(stage), limit: 100 }).catch((error: unknown) =>
    stage.history.found('reading fails', (error as Error).message),
  )
}
