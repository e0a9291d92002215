// Collects all facts about the points' partitions.

import type { Micros } from '@penstock/shared/base/time.ts'
import { countDeferred, readByIndex } from '@penstock/shared/months/month-queries.ts'
import { monthTable, POINTS, ROLLUPS } from '@penstock/shared/months/month-table.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import type { Audited } from './audit.ts'
import { type PartitionFacts, selectPartitions } from './audit-queries.ts'
import { type AuditedChunks, CHUNKS } from './chunk-audit.ts'
import { selectChunkMonths } from './chunk-queries.ts'
import type { PartitionsAnswer } from './contract.ts'
import { requiredMonths } from './months.ts'
import { selectDeferredMonths, selectMonthStates } from './queries.ts'

/** Deferred points are counted up to this number, which is enough for a person. */
const COUNTED_POINTS = 10_000

/** Returns what exists and what must exist at an instant. Changes nothing. */
export async function surveyPartitions(tx: Transaction<Database>, now: Micros): Promise<Audited> {
  const rollups = await selectPartitions(tx, ROLLUPS)
  return {
    tables: await selectPartitions(tx, POINTS),
    rollups,
    rolledUp: new Set(rollups.filter((table) => table.attached).map((table) => table.from)),
    states: await selectMonthStates(tx),
    deferred: await selectDeferredMonths(tx),
    required: requiredMonths(now),
  }
}

/** Returns what is there and what must be there of the chunks at an instant; nothing must where points are stored in rows. */
export async function surveyChunks(tx: Transaction<Database>, now: Micros, isLog: boolean): Promise<AuditedChunks> {
  return {
    tables: await selectPartitions(tx, CHUNKS),
    leaving: await selectChunkMonths(tx),
    required: isLog ? requiredMonths(now) : [],
  }
}

/** Returns the partitions of points and of roll-ups in the form of the answer. */
export function attachedPartitions({ tables, rollups, states }: Audited): PartitionsAnswer['partitions'] {
  const toPartition =
    (table: string) =>
    ({ from, rows }: PartitionFacts) => ({
      table,
      month: from,
      state: from === null ? null : (states.get(from) ?? null),
      rows: rows < 0 ? null : rows,
    })
  return [
    ...tables.filter((table) => table.attached).map(toPartition(POINTS)),
    ...rollups.filter((table) => table.attached).map(toPartition(ROLLUPS)),
  ]
}

/** Counts the points that wait for each month. */
export async function countWaiting(
  tx: Transaction<Database>,
  { deferred }: Audited,
): Promise<PartitionsAnswer['deferred']> {
  await readByIndex(tx)
  const waiting: { month: string; points: number }[] = []
  for (const month of deferred) {
    waiting.push({ month, points: await countDeferred(tx, monthTable(POINTS, month), COUNTED_POINTS) })
  }
  return waiting
}
