// One check: actors run for a while on a server, everything is compacted, and the observations are compared with a single order of
// operations.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { Client } from 'pg'
import { removePostgres } from '../../database/postgres.ts'
import { seededRandom } from '../random.ts'
import { compactEverything, readAll, runCompactor, runKiller, runReader, runWriter } from './actors.ts'
import { openDoor } from './door.ts'
import { openHistory } from './history.ts'
import { runMonths } from './month-actor.ts'
import { restoreElsewhere } from './restore.ts'
import { compareSnapshot } from './snapshot.ts'
import type { Counts, Stage } from './stage.ts'
import type { Variant } from './variants.ts'
import { type CheckedWorld, openWorld } from './world.ts'

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

const WRITERS = 6
const COMPACTORS = 3
const READERS = 3
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
    let until = 0
    const counts: Counts = {
      writes: 0,
      unknown: 0,
      compactions: 0,
      points: 0,
      reads: 0,
      kills: 0,
      remembered: 0,
      months: 0,
      failures: new Map(),
    }
    let value = 0
    const history = openHistory()
    const goesOn = (): boolean => performance.now() < until
    // Tenths, whose sums depend on the order of addition.
    const nextValue = (): number => ++value / 10
    const stage: Stage = { world, variant, history, counts, goesOn, nextValue, remembered: new Map() }
    const several = (count: number, kind: string, run: typeof runWriter) =>
      Array.from({ length: count }, async (_, i) => await run(stage, seededRandom(`${seed} ${kind} ${i}`)))
    const runAll = async (share: number): Promise<void> => {
      until = performance.now() + seconds * share * 1000
      await Promise.all([
        ...several(WRITERS, `writer ${share}`, runWriter),
        ...several(variant.compactors ?? COMPACTORS, `compactor ${share}`, runCompactor),
        ...several(READERS, `reader ${share}`, runReader),
        ...several(1, `months ${share}`, runMonths),
        ...several(kills ? 1 : 0, `killer ${share}`, runKiller),
      ])
    }
    await runAll(SHARE_BEFORE_RESTORE)
    await restoreElsewhere(world.superuser)
    await runAll(1 - SHARE_BEFORE_RESTORE)
    await checkEnd(stage, world)
    return { operations: history.operations(), counts, violations: history.violations() }
  } finally {
    await world.close()
    await removePostgres(join(folder, 'data'))
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Compacts the rest like the product would, and checks again. */
async function checkEnd(stage: Stage, world: CheckedWorld): Promise<void> {
  const asItIs = async (statement: string): Promise<string> => statement
  const compactor = openDoor(world.urlOf('compaction'), asItIs)
  const reader = openDoor(world.urlOf('metrics-query'), asItIs)
  const superuser = new Client({ connectionString: world.superuser })
  await superuser.connect()
  try {
    await compactEverything(compactor).catch((error: unknown) =>
      stage.history.found('compaction fails', (error as Error).message),
    )
    for (const tenant of world.tenants)
      await reader.unit({ tenantId: tenant.id, readOnly: true, oneSnapshot: true }, async (tx) => {
        const { rows } = await sql<{ id: string }>`select pg_export_snapshot() as id`.execute(tx)
        const seen = await readAll(stage, tx, tenant)
        await compareSnapshot(stage, superuser, { snapshot: rows[0]?.id ?? '', tenant, seen })
      })
  } finally {
    await compactor.close()
    await reader.close()
    await superuser.end()
  }
}
