// Stores a chunk in the log, by the statement that every writer uses.

import type { Tenant } from '@penstock/shared/auth/principal.ts'
import type { Micros } from '@penstock/shared/base/time.ts'
import { type BlockColumns, makeColumns, pick, type Sorted } from '@penstock/shared/points/columns.ts'
import type { SeriesResolver } from '@penstock/shared/points/series.ts'
import { writePoints } from '@penstock/shared/points/write-points.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import type { Chunk, Refusal } from '../chunk.ts'
import type { Outcome } from '../report.ts'
import { type Resolved, resolveChunk } from './prepare.ts'

export const EXPIRED = 'timestamp lies in a month whose archive has expired'

/**
 * Prepares a chunk for the log: points of any month are stored, unless they have expired. It is not checked whether a point already had its
 * value, so none counts as unchanged.
 */
export async function prepareLogged(
  deps: { readonly series: SeriesResolver },
  tenant: Tenant,
  chunk: Chunk,
): Promise<(tx: Transaction<Database>) => Promise<Outcome>> {
  const resolved = await resolveChunk(deps, tenant, chunk)
  const { places, collapsed, conflicting } = resolved.ordered
  const columns = columnsOf(chunk, resolved)
  const none = { unchanged: 0, deferred: 0, collapsed, conflicting }
  return async (tx) => {
    if (places.length === 0) return { ...none, stored: 0, refused: resolved.refused }
    const { isStored, expiredBefore } = await writePoints(tx, tenant.id, columns)
    if (isStored) return { ...none, stored: places.length, refused: resolved.refused }
    const kept = withoutExpired(columns, expiredBefore)
    if (kept.length > 0) await writePoints(tx, tenant.id, kept)
    const refused = [...resolved.refused, ...expiredOf(chunk, places, expiredBefore)]
    return { ...none, stored: kept.length, refused }
  }
}

function columnsOf({ of, at, value }: Chunk, { ordered: { places }, ids, blocks }: Resolved): Sorted<BlockColumns> {
  const columns = makeColumns(places.length)
  for (const [i, place] of places.entries()) {
    const series = of[place] as number
    columns.series[i] = ids[series] as number
    columns.block[i] = blocks[series] as number
    columns.at[i] = at[place] as number
    columns.value[i] = value[place] as number
  }
  return { ...columns, sorted: true }
}

function withoutExpired(columns: Sorted<BlockColumns>, before: Micros): Sorted<BlockColumns> {
  const places = Uint32Array.from(columns.at.keys()).filter((i) => (columns.at[i] as number) >= before)
  return { ...pick(columns, places), sorted: true }
}

const expiredOf = ({ at, line }: Chunk, places: Uint32Array, before: Micros): Refusal[] =>
  [...places]
    .filter((place) => (at[place] as number) < before)
    .map((place) => ({ line: line[place] ?? 0, column: null, code: 'month_expired', detail: EXPIRED }))
