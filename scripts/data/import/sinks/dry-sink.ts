// A dry run: reports what would happen to each chunk, and changes nothing.

import type { Tenant } from '@penstock/shared/auth/principal.ts'
import { selectExpiry } from '@penstock/shared/points/log-queries.ts'
import { seriesIdentity } from '@penstock/shared/points/series.ts'
import { findSeries } from '@penstock/shared/points/series-queries.ts'
import type { AdminDatabase } from '../../../database/admin-database.ts'
import type { Chunk, Refusal } from '../chunk.ts'
import type { Outcome } from '../report.ts'
import { orderPoints } from '../rows/order.ts'
import { EXPIRED } from './logged-chunk.ts'
import type { Sink } from './sink.ts'

/** Opens the sink of a dry run, which only reads. Without a database every series has room and no month has expired. */
export function openDrySink(db: AdminDatabase | undefined, tenant: Tenant, room: number): Sink {
  const placeOf = createPlaces(db, tenant, room)
  return {
    resume: async () => undefined,
    async prepare(_, chunk) {
      const ids = await placeOf(chunk)
      const outcome = await judge(db, tenant, chunk, ids)
      return { store: async (next) => next(outcome) }
    },
    forget: async () => {},
  }
}

/** Numbers the series of a chunk: existing ones, and then as many new ones as there is room for. */
function createPlaces(db: AdminDatabase | undefined, tenant: Tenant, room: number) {
  const numbers = new Map<string, number>()
  let left = room
  return async ({ series }: Chunk): Promise<(number | undefined)[]> => {
    const identities = series.map(seriesIdentity)
    const unseen = [...new Set(identities)].filter((identity) => !numbers.has(identity))
    const find = async () => await db?.read(tenant.id, (tx) => findSeries(tx, tenant.id, unseen))
    const known = unseen.length === 0 ? undefined : await find()
    for (const identity of unseen) {
      const isKnown = known?.active.has(identity) ?? false
      if (!isKnown && left === 0) continue
      if (!isKnown) left--
      numbers.set(identity, numbers.size + 1)
    }
    return identities.map((identity) => numbers.get(identity))
  }
}

async function judge(
  db: AdminDatabase | undefined,
  tenant: Tenant,
  chunk: Chunk,
  ids: readonly (number | undefined)[],
): Promise<Outcome> {
  const { places, collapsed, conflicting } = orderPoints(chunk, ids)
  const expiredBefore = await db?.read(tenant.id, async (tx) => await selectExpiry(tx, tenant.id))
  const refused: Refusal[] = []
  let stored = 0
  for (const place of places) {
    if ((chunk.at[place] ?? 0) >= (expiredBefore ?? Number.NEGATIVE_INFINITY)) stored++
    else refused.push(refusal(chunk, place, 'month_expired', EXPIRED))
  }
  for (let place = 0; place < chunk.count; place++) {
    if (ids[chunk.of[place] ?? 0] !== undefined) continue
    refused.push(
      refusal(
        chunk,
        place,
        'series_limit_reached',
        `would be a new series, and the tenant has reached its limit of ${tenant.seriesLimit}`,
      ),
    )
  }
  return { stored, unchanged: 0, deferred: 0, collapsed, conflicting, refused }
}

const refusal = (chunk: Chunk, place: number, code: Refusal['code'], detail: string): Refusal => ({
  line: chunk.line[place] ?? 0,
  column: null,
  code,
  detail,
})
