// Collects all facts about the partitions of the chunks.

import { addMonths, type Micros, monthOf } from '@penstock/shared/base/time.ts'
import { CHUNKS } from '@penstock/shared/points/chunk-months.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import type { Audited } from './audit.ts'
import { selectPartitions } from './audit-queries.ts'
import { selectChunkMonths } from './chunk-queries.ts'
import type { PartitionsAnswer } from './contract.ts'

const MONTHS_AHEAD = 3

/** Returns the current month and the three after it. */
export function requiredMonths(now: Micros): string[] {
  const current = monthOf(now)
  return Array.from({ length: MONTHS_AHEAD + 1 }, (_, ahead) => addMonths(current, ahead))
}

/** Returns what exists and what must exist at an instant. Changes nothing. */
export async function surveyPartitions(tx: Transaction<Database>, now: Micros): Promise<Audited> {
  return {
    tables: await selectPartitions(tx, CHUNKS),
    leaving: await selectChunkMonths(tx),
    required: requiredMonths(now),
  }
}

/** Returns the attached partitions in the form of the answer. Their catalogue counts chunks, not points. */
export function attachedPartitions({ tables, leaving }: Audited): PartitionsAnswer['partitions'] {
  return tables
    .filter(({ attached }) => attached)
    .map(({ from }) => ({ table: CHUNKS, month: from, state: leaving.has(from ?? '') ? 'live' : null, rows: null }))
}
