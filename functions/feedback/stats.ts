// The statistics of an insight's feedback: computed in the database, and cached.

import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import type { Cache, CacheKey } from '@penstock/shared/cache/cache.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { Stats, StatsQuery } from './contract.ts'
import { type StatsRow, selectStats, selectVersion } from './queries.ts'

export interface StatsDeps {
  readonly db: PenstockDatabase
  readonly cache: Pick<Cache, 'read'>
}

const KEPT_MS = 3_600_000

/** The cache key of an insight's statistics. Every change of its feedback invalidates the entry. */
export const statsKey = (tenantId: number, insightId: string): CacheKey => ({
  kind: 'feedback.stats.1',
  tenantId,
  parameters: [insightId],
})

/** Returns the statistics of an insight, as the JSON of `Stats`. An insight without feedback has zeros. */
export async function stats(
  { db, cache }: StatsDeps,
  { tenant: { id: tenantId } }: TenantPrincipal,
  { insight_id }: StatsQuery,
): Promise<string> {
  return await cache.read({
    ...statsKey(tenantId, insight_id),
    ttlMs: KEPT_MS,
    async load() {
      const row = await db.read(tenantId, (tx) => selectStats(tx, tenantId, insight_id))
      return { version: Number(row.version), text: JSON.stringify(toStats(insight_id, row)) }
    },
    async check() {
      const ask = db.read(tenantId, (tx) => selectVersion(tx, tenantId, insight_id))
      return Number(await ask)
    },
  })
}

function toStats(insight_id: string, row: StatsRow): Stats {
  const [one = 0, two = 0, three = 0, four = 0, five = 0] = row.ratings
  const { inaccurate, misleading, spam } = row
  return {
    insight_id,
    total_ratings: row.total_ratings,
    average_rating: row.average_rating,
    rating_distribution: { 1: one, 2: two, 3: three, 4: four, 5: five },
    total_comments: row.total_comments,
    total_flags: row.total_flags,
    flag_types: {
      ...(inaccurate > 0 ? { inaccurate } : {}),
      ...(misleading > 0 ? { misleading } : {}),
      ...(spam > 0 ? { spam } : {}),
    },
  }
}
