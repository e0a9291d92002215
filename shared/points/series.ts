// From the names of series to their ids: a bounded memory, then the database, which adds what is missing up to the tenant's limit.
import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Tenant } from '../auth/principal.ts'
import { logger } from '../base/logger.ts'
import { busy } from '../base/problem.ts'
import type { Clock } from '../base/time.ts'
import { unhurried } from '../base/unhurried.ts'
import type { PenstockDatabase } from '../database/database.ts'
import { collectPoints, type NamedColumns } from './named-columns.ts'
import { createSeriesMemories, type KnownSeries, type SeriesMemory } from './series-memory.ts'
import {
  activateSeries,
  type FoundSeries,
  findSeries,
  insertSeries,
  labelWithMostValues,
  lockSeriesRoom,
  type NewSeries,
  type SeriesName,
} from './series-queries.ts'

export interface SeriesDeps {
  readonly db: Pick<PenstockDatabase, 'read' | 'write'>
  readonly now: Clock
}

export interface ResolvedSeries {
  /** The series by index. A series that the tenant's limit left no room for has the id 0. */
  readonly series: readonly KnownSeries[]
  /** The epoch in which they have these ids. */
  readonly epoch: number
  /** A sentence that says why some series have no id and names the label to blame; null when all have one. */
  readonly limitDetail: string | null
}

export interface SeriesResolver {
  /** The series of a tenant that this instance remembers. A decoder asks it for each series of a request. */
  memoryOf(tenant: Tenant): SeriesMemory
  /**
   * Assigns ids to the series of these points. Where the tenant has no room for all new series of an entry, none of them is added. Safe to repeat: a series
   * is added once.
   */
  resolve(tenant: Tenant, points: NamedColumns): Promise<ResolvedSeries>
  /** Forgets a tenant's series that have their ids in another epoch than this one. */
  moveTo(tenant: Tenant, epoch: number): void
}

const MAX_SHOWN = 100
/** Number of points between two pauses for other requests. */
const NAMED_AT_ONCE = 500
const BLAME_MEMORY_MS = 60_000
/** Ids have 31 bits and are never used again: half of them is the time to act. */
const HALF_OF_THE_IDS = 2 ** 30
/** A tenant's epoch is incremented when series are erased or become inactive, which is rare. */
const MAX_EPOCHS = 5

/** Returns the identity of a series within its tenant: SHA-256 of its names and labels, in hexadecimal. */
export function seriesIdentity({ service, type, unit, labels }: SeriesName): string {
  const identity = `${JSON.stringify([service, type, unit]).slice(0, -1)},${labels}]`
  return createHash('sha256').update(identity).digest('hex')
}

/** Makes the resolver of an instance. */
export function createSeriesResolver({ db, now }: SeriesDeps): SeriesResolver {
  const memories = createSeriesMemories()
  const explainLimit = limitExplainer({ db, now })

  async function addMissing(tenant: Tenant, points: NamedColumns, missing: readonly KnownSeries[]) {
    const wanted = new Map(missing.map((series) => [series.key, describe(series)]))
    const found = await findOrAdd(db, tenant, [...wanted.values()], (room, absent) =>
      withinRoom(
        room,
        absent,
        newSeriesByEntry(points, ({ key }) => wanted.get(key)),
      ),
    )
    return {
      epoch: found.epoch,
      idOf: (series: KnownSeries) => found.active.get(wanted.get(series.key)?.identity ?? ''),
    }
  }

  return {
    memoryOf: ({ id }) => memories.of(id),
    moveTo({ id }, epoch) {
      const memory = memories.of(id)
      if (memory.epoch !== epoch) memories.forget(id, memory)
    },
    async resolve(tenant, points) {
      for (let epochs = 0; epochs < MAX_EPOCHS; epochs++) {
        const memory = memories.of(tenant.id)
        const series = points.series.map((one) => (one.memory === memory ? one : memory.know(one)))
        const missing = series.filter(({ id }) => id === 0)
        if (missing.length === 0 && memory.epoch !== undefined)
          return { series, epoch: memory.epoch, limitDetail: null }
        const { epoch, idOf } = await addMissing(tenant, { ...points, series }, missing)
        memory.epoch ??= epoch
        if (memory.epoch !== epoch) {
          memories.forget(tenant.id, memory)
          continue
        }
        // Cached only after the commit that made it, because an id of a rolled back transaction does not exist.
        for (const one of missing) setId(one, idOf(one))
        const isFull = series.some(({ id }) => id === 0)
        return { series, epoch, limitDetail: isFull ? await explainLimit(tenant) : null }
      }
      throw busy('Series of this tenant are being erased. Send the points again later.')
    },
  }
}

function setId(series: KnownSeries, found: { readonly id: number; readonly block: number } | undefined): void {
  if (!found) return
  series.id = found.id
  series.block = found.block
  if (found.id > HALF_OF_THE_IDS) logger.error({ series_id: found.id }, 'series.half_of_the_ids_used')
}

/** The name of a series, with the index of the entry that names it. Names of one entry are adjacent. Without `index`, each name counts as an entry. */
export type NamedPoint = SeriesName & { readonly index?: number }

/** Returns ids and blocks of series by name, in order; undefined where the tenant's limit left no room. Safe to repeat. */
export async function resolveNames(
  resolver: SeriesResolver,
  tenant: Tenant,
  names: readonly NamedPoint[],
): Promise<{
  readonly ids: readonly (number | undefined)[]
  readonly blocks: readonly (number | undefined)[]
  readonly limitDetail: string | null
}> {
  const points = collectPoints()
  const pause = unhurried()
  for (const [i, name] of names.entries()) {
    points.add(name.index ?? i, points.placeOf(resolver.memoryOf(tenant).know(name)), Number.NaN, 0)
    if (i % NAMED_AT_ONCE !== 0) continue
    await pause()
    points.paused()
  }
  const { columns } = points
  const { series, limitDetail } = await resolver.resolve(tenant, columns)
  const found = names.map((_, i) => series[columns.name[i] as number])
  const ids = found.map((one) => one?.id || undefined)
  return { ids, blocks: found.map((one) => (one?.id ? one.block : undefined)), limitDetail }
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
    const most = await db.read(tenant.id, (tx) => labelWithMostValues(tx, tenant.id))
    // The text is shortened, because each of the answer's up to 10,000 refusals repeats it.
    const why = most ? `; the label ${JSON.stringify(shortened(most.key))} has the most values: ${most.values}` : ''
    const sentence = `would be a new series, and the tenant has reached its limit of ${tenant.seriesLimit}${why}`
    blame.set(tenant.id, { at: now(), sentence })
    return sentence
  }
}

const shortened = (key: string): string => (key.length > MAX_SHOWN ? `${key.slice(0, MAX_SHOWN)}…` : key)

/** Returns the new series of each entry, including those that an earlier entry also has. */
function newSeriesByEntry(
  { length, entry, name, series }: NamedColumns,
  missingOf: (series: KnownSeries) => NewSeries | undefined,
): readonly (readonly NewSeries[])[] {
  const missing = series.map(missingOf)
  const entries: NewSeries[][] = []
  let last: number | undefined
  for (let i = 0; i < length; i++) {
    const one = missing[name[i] as number]
    if (!one) continue
    if (entry[i] === last) entries.at(-1)?.push(one)
    else entries.push([one])
    last = entry[i]
  }
  return entries
}

/** Chooses the missing series to add: all or none of each entry, the first entries first. */
function withinRoom(
  room: number,
  absent: ReadonlySet<NewSeries>,
  entries: readonly (readonly NewSeries[])[],
): ReadonlySet<NewSeries> {
  const added = new Set<NewSeries>()
  for (const entry of entries) {
    const more = new Set(entry.filter((series) => absent.has(series) && !added.has(series)))
    if (added.size + more.size <= room) for (const series of more) added.add(series)
  }
  return added
}

/**
 * Series by identity, active all of them. What the tenant's limit leaves no room for is not among them: `choose` says of what is absent or inactive
 * which is added or made active.
 */
async function findOrAdd(
  db: Pick<PenstockDatabase, 'read' | 'write'>,
  tenant: Tenant,
  wanted: readonly NewSeries[],
  choose: (room: number, absent: ReadonlySet<NewSeries>) => ReadonlySet<NewSeries>,
): Promise<Pick<FoundSeries, 'epoch' | 'active'>> {
  const identities = wanted.map((series) => series.identity)
  const present = await db.read(tenant.id, (tx) => findSeries(tx, tenant.id, identities))
  if (present.active.size === identities.length) return present
  return await db.write(tenant.id, async (tx) => {
    const { room, made } = await lockSeriesRoom(tx, tenant.id)
    // A new statement has a new snapshot, which includes series that others added before this transaction had the lock. Existing series
    // use up no id.
    const { epoch, active, inactive } = await findSeries(tx, tenant.id, identities)
    const absent = wanted.filter((series) => !active.has(series.identity))
    const chosen = absent.length <= room ? absent : [...choose(room, new Set(absent))]
    const again = chosen.flatMap(({ identity }) => {
      const found = inactive.get(identity)
      return found ? [[identity, found] as const] : []
    })
    await activateSeries(
      tx,
      tenant.id,
      again.map(([, { id }]) => id),
    )
    const added = await insertSeries(
      tx,
      tenant.id,
      chosen.filter(({ identity }) => !inactive.has(identity)),
      made,
    )
    return { epoch, active: new Map([...active, ...again, ...added]) }
  })
}

const describe = ({ service, type, unit, labels }: SeriesName): NewSeries => ({
  service,
  type,
  unit,
  labels,
  identity: seriesIdentity({ service, type, unit, labels }),
})
