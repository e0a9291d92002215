// Runs the compaction until nothing is left.
import { setTimeout as sleep } from 'node:timers/promises'
import { compactDay } from '@penstock/shared/compaction/compact-day.ts'
import { planDays } from '@penstock/shared/compaction/plan.ts'
import { selectWaiting } from '@penstock/shared/compaction/queries.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { sql } from 'kysely'

const LIMITS = { minPoints: 0, manyPoints: 0, mergeMs: 0 }

/**
 * Resolves when every transaction that has begun on the server up to now has ended: committed rows are then below the gate. The databases
 * of other tests are on the same server.
 */
export async function passTheGate(db: Pick<PenstockDatabase, 'readAll' | 'writeAll'>): Promise<void> {
  const { next } = await one<{ next: string }>(db, 'select pg_snapshot_xmax(pg_current_snapshot()) as next')
  for (let passed = false; !passed; ) {
    const row = await one<{ passed: boolean }>(
      db,
      `select pg_snapshot_xmin(pg_current_snapshot()) >= '${next}'::xid8 as passed`,
    )
    passed = row.passed
    if (!passed) await sleep(10)
  }
}

async function one<Row>(db: Pick<PenstockDatabase, 'readAll' | 'writeAll'>, statement: string): Promise<Row> {
  const { rows } = await db.readAll((tx) => sql.raw<Row>(statement).execute(tx))
  return rows[0] as Row
}

/** Compacts everything below the gate, with the compaction function's role. */
export async function compactEverything(db: PenstockDatabase): Promise<void> {
  await passTheGate(db)
  for (let taken = 1; taken > 0; ) {
    taken = 0
    const waiting = await db.writeAll((tx) => selectWaiting(tx, 0))
    for (const plan of planDays(waiting, LIMITS, { now: 0, all: true }))
      taken += (await compactDay({ db, now: Date.now }, plan)).taken
  }
}
