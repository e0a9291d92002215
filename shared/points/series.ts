// Finds the id of a point's series: in a bounded cache, then in the database, where missing series are added up to the tenant's limit.
import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Tenant } from '../auth/principal.ts'
import { logger } from '../base/logger.ts'
import type { Clock } from '../base/time.ts'
import { unhurried } from '../base/unhurried.ts'
import type { PenstockDatabase } from '../database/database.ts'
import {
  findSeries,
  insertSeries,
  labelWithMostValues,
  lockSeriesRoom,
  type NewSeries,
  type SeriesId,
} from './series-queries.ts'

export interface SeriesDeps {
  readonly db: Pick<PenstockDatabase, 'inTenant'>
  readonly now: Clock
}

export interface ResolvedSeries {
  /** Series id of each point, in order; undefined when the tenant's limit left no room. */
  readonly ids: readonly (number | undefined)[]
  /** Block of each point's series, in order; undefined when there is no id. */
  readonly blocks: readonly (number | undefined)[]
  /** Why some have no id, as a sentence that names the label with the most values; null when all have one. */
  readonly limitDetail: string | null
}

/** The name of a series within its tenant. `labels` is the canonical text. */
export type SeriesName = Pick<NewSeries, 'service' | 'type' | 'unit' | 'labels'>

/** A point's series by name. `index` is that of its entry, and points of one entry are adjacent; when absent, each point is an entry. */
export type NamedPoint = SeriesName & { readonly index?: number }

/** Resolves series. When the tenant has no room for all new series of an entry, none of them is added. */
export type ResolveSeries = (tenant: Tenant, points: readonly NamedPoint[]) => Promise<ResolvedSeries>

const CACHED_SERIES = 100_000
/** Bounded in bytes, because with labels of 4 KiB each the same number of series would take 400 MB. */
const CACHED_BYTES = 32 * 1024 * 1024
const ENTRY_BYTES = 100
const MAX_SHOWN = 100
/** Number of points between two pauses for other requests. */
const NAMED_AT_ONCE = 500
const BLAME_MEMORY_MS = 60_000
/** Ids have 31 bits and are never used again: half of them is the time to act. */
const HALF_OF_THE_IDS = 2 ** 30

/** Returns the identity of a series within its tenant: SHA-256 of its names and labels, in hexadecimal. */
export function seriesIdentity({ service, type, unit, labels }: SeriesName): string {
  const identity = `${JSON.stringify([service, type, unit]).slice(0, -1)},${labels}]`
  return createHash('sha256').update(identity).digest('hex')
}

/** Makes the resolver of an instance. Safe to repeat: a series is added once. */
export function createSeriesResolver({ db, now }: SeriesDeps): ResolveSeries {
  const known = new LRUCache<string, SeriesId>({
    max: CACHED_SERIES,
    maxSize: CACHED_BYTES,
    sizeCalculation: (_id, key) => key.length * 2 + ENTRY_BYTES,
  })
  const explainLimit = limitExplainer({ db, now })
  return async (tenant, points) => {
    const found = new Map<string, SeriesId>()
    const missing = new Map<string, NewSeries>()
    const idOf = (point: SeriesName): SeriesId | undefined => {
      const key = keyOf(tenant, point)
      const seen = found.get(key)
      if (seen !== undefined) return seen
      const id = known.get(key)
      if (id !== undefined) found.set(key, id)
      else if (!missing.has(key)) missing.set(key, describe(point))
      return id
    }
    const series: (SeriesId | undefined)[] = []
    const pause = unhurried()
    for (const point of points) {
      if (series.push(idOf(point)) % NAMED_AT_ONCE === 0) await pause()
    }
    if (missing.size === 0) return toColumns(series, null)

    const added = await findOrAdd(db, tenant, [...missing.values()], (room, absent) =>
      withinRoom(
        room,
        absent,
        newSeriesByEntry(points, (point) => missing.get(keyOf(tenant, point))),
      ),
    )
    for (const [key, { identity }] of missing) {
      const id = added.get(identity)
      if (id === undefined) continue
      found.set(key, id)
      // Cached only after the commit that made it, because an id of a rolled back transaction does not exist.
      known.set(key, id)
      if (id.id > HALF_OF_THE_IDS) logger.error({ series_id: id.id }, 'series.half_of_the_ids_used')
    }
    const all = points.map((point, i) => series[i] ?? found.get(keyOf(tenant, point)))
    return toColumns(all, all.includes(undefined) ? await explainLimit(tenant) : null)
  }
}

/**
 * Makes the function that explains why a series was not added, with the label that has the most values, which is looked up once a minute
 * per tenant.
 */
function limitExplainer({ db, now }: SeriesDeps): (tenant: Tenant) => Promise<string> {
  const blame = new LRUCache<number, { at: number; sentence: string }>({ max: 1_000 })

  return async (tenant) => {
    const recent = blame.get(tenant.id)
    if (recent && now() - recent.at < BLAME_MEMORY_MS) return recent.sentence
    const most = await db.inTenant(tenant.id, (tx) => labelWithMostValues(tx, tenant.id), {
      readOnly: true,
    })
    // The text is shortened, because each of the answer's up to 10,000 refusals repeats it.
    const why = most ? `; the label ${JSON.stringify(shortened(most.key))} has the most values: ${most.values}` : ''
    const sentence = `would be a new series, and the tenant has reached its limit of ${tenant.seriesLimit}${why}`
    blame.set(tenant.id, { at: now(), sentence })
    return sentence
  }
}
const toColumns = (series: readonly (SeriesId | undefined)[], limitDetail: string | null): ResolvedSeries => ({
  ids: series.map((one) => one?.id),
  blocks: series.map((one) => one?.block),
  limitDetail,
})

const shortened = (key: string): string => (key.length > MAX_SHOWN ? `${key.slice(0, MAX_SHOWN)}…` : key)

const keyOf = (tenant: Tenant, { service, type, unit, labels }: SeriesName): string =>
  `${tenant.id}\0${service}\0${type}\0${unit}\0${labels}`

/** Returns the new series of each entry, including those that an earlier entry also has. */
function newSeriesByEntry(
  points: readonly NamedPoint[],
  missingOf: (point: NamedPoint) => NewSeries | undefined,
): readonly (readonly NewSeries[])[] {
  const entries: NewSeries[][] = []
  let last: number | undefined
  for (const point of points) {
    const series = missingOf(point)
    if (!series) continue
    if (point.index !== undefined && point.index === last) entries.at(-1)?.push(series)
    else entries.push([series])
    last = point.index
  }
  return entries
}

/** Chooses the missing series to add: all or none of each entry, the first entries first. */
function withinRoom(
  room: number,
  absent: ReadonlySet<NewSeries>,
  entries: readonly (readonly NewSeries[])[],
): readonly NewSeries[] {
  const added = new Set<NewSeries>()
  for (const entry of entries) {
    const more = new Set(entry.filter((series) => absent.has(series) && !added.has(series)))
    if (added.size + more.size <= room) for (const series of more) added.add(series)
  }
  return [...added]
}

/** Returns ids by identity. Of the missing series only those that `choose` returns are added; the others are not in the result. */
async function findOrAdd(
  db: Pick<PenstockDatabase, 'inTenant'>,
  tenant: Tenant,
  wanted: readonly NewSeries[],
  choose: (room: number, absent: ReadonlySet<NewSeries>) => readonly NewSeries[],
): Promise<ReadonlyMap<string, SeriesId>> {
  const identities = wanted.map((series) => series.identity)
  const present = await db.inTenant(tenant.id, (tx) => findSeries(tx, tenant.id, identities), {
    readOnly: true,
  })
  if (present.size === identities.length) return present
  return await db.inTenant(tenant.id, async (tx) => {
    const { room, made } = await lockSeriesRoom(tx, tenant.id)
    // A new statement has a new snapshot, which includes series that others added before this transaction had the lock. Existing series
    // use up no id.
    const ids = await findSeries(tx, tenant.id, identities)
    const absent = wanted.filter((series) => !ids.has(series.identity))
    const added = absent.length <= room ? absent : choose(room, new Set(absent))
    if (added.length === 0) return ids
    return new Map([...ids, ...(await insertSeries(tx, tenant.id, added, made))])
  })
}

const describe = ({ service, type, unit, labels }: SeriesName): NewSeries => ({
  service,
  type,
  unit,
  labels,
  identity: seriesIdentity({ service, type, unit, labels }),
})
