// Prepares a chunk for the database: resolves its series, and orders its points.

import type { Tenant } from '@penstock/shared/auth/principal.ts'
import { resolveNames, type SeriesResolver } from '@penstock/shared/points/series.ts'
import type { Chunk, Refusal } from '../chunk.ts'
import { type Ordered, orderPoints } from '../rows/order.ts'

/** A chunk whose series are known. */
export interface Resolved {
  readonly ordered: Ordered
  /** Id and block of each of the chunk's series; undefined where the tenant has no room for it or no point names it. */
  readonly ids: readonly (number | undefined)[]
  readonly blocks: readonly (number | undefined)[]
  readonly refused: readonly Refusal[]
}

/** Finds or adds the series of a chunk's points, and orders the points. Safe to repeat. */
export async function resolveChunk(
  { series }: { readonly series: SeriesResolver },
  tenant: Tenant,
  chunk: Chunk,
): Promise<Resolved> {
  const used = usedSeries(chunk)
  const found = await resolveNames(
    series,
    tenant,
    used.map((place) => chunk.series[place] as Chunk['series'][number]),
  )
  const ids: (number | undefined)[] = chunk.series.map(() => undefined)
  const blocks = [...ids]
  for (const [i, place] of used.entries()) {
    ids[place] = found.ids[i]
    blocks[place] = found.blocks[i]
  }
  const refused = found.limitDetail === null ? [] : withoutSeries(chunk, ids, found.limitDetail)
  return { ordered: orderPoints(chunk, ids), ids, blocks, refused }
}

/** Series without points are left out, because they would count against the tenant's limit. */
function usedSeries({ of, count }: Chunk): number[] {
  const used = new Set<number>()
  for (let place = 0; place < count; place++) used.add(of[place] ?? 0)
  return [...used]
}

function withoutSeries(chunk: Chunk, ids: readonly (number | undefined)[], why: string): Refusal[] {
  const refused: Refusal[] = []
  for (let place = 0; place < chunk.count; place++) {
    const series = chunk.of[place] ?? 0
    if (ids[series] !== undefined) continue
    const detail = `${chunk.series[series]?.service} ${chunk.series[series]?.type} ${why}`
    refused.push({ line: chunk.line[place] ?? 0, column: null, code: 'series_limit_reached', detail })
  }
  return refused
}
