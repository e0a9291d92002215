// Finds the first and the last archived instant of series. An object never changes, so results are cached.
import type { Micros } from '@penstock/shared/base/time.ts'
import type { ArchivedObject, ArchiveRead } from '@penstock/shared/reading/archive-reading.ts'
import type { ObjectSpan } from '@penstock/shared/reading/archive-spans.ts'
import type { SeriesRow } from '@penstock/shared/reading/named-series.ts'
import { toWanted } from '@penstock/shared/reading/named-series.ts'
import { LRUCache } from 'lru-cache'

export interface Ends {
  readonly first: Micros
  readonly last: Micros
}

/** A series with the first and last instant in the database. */
export interface SeriesEnds {
  readonly series: SeriesRow
  readonly ends: Ends | undefined
}

/** Cached first and last instants of the series in archive objects; null when an object has no point of a series. */
export interface EndsMemory {
  recall(object: ArchivedObject, seriesId: number): Ends | null | undefined
  keep(object: ArchivedObject, ends: ReadonlyMap<number, Ends | null>): void
}

const REMEMBERED_ENDS = 100_000

/** Opens an empty cache of `most` series. The objects that were read least recently are evicted first. */
export function openEndsMemory(most = REMEMBERED_ENDS): EndsMemory {
  const objects = new LRUCache<string, ReadonlyMap<number, Ends | null>>({
    maxSize: most,
    sizeCalculation: ({ size }) => Math.max(1, size),
  })
  const keyOf = ({ name, generation }: ArchivedObject): string => `${generation} ${name}`
  return {
    recall: (object, seriesId) => objects.get(keyOf(object))?.get(seriesId),
    keep(object, ends) {
      const key = keyOf(object)
      objects.set(key, new Map([...(objects.get(key) ?? []), ...ends]))
    },
  }
}

/**
 * Returns the first and last instant of each series, archived months included; undefined when there is no point at all. Objects are read
 * from the oldest on for first instants and from the newest back for last ones, each only for series whose result can still change.
 * @param spans whole months, oldest first.
 */
export async function findEnds(
  deps: { readonly archive: ArchiveRead; readonly memory: EndsMemory },
  spans: readonly ObjectSpan[],
  all: readonly SeriesEnds[],
): Promise<ReadonlyMap<number, Ends | undefined>> {
  const found = new Map(all.map(({ series, ends }) => [series.id, ends]))
  for (const [order, isOpen] of [
    [spans, (ends: Ends | undefined, span: ObjectSpan) => !ends || ends.first > span.to],
    [spans.toReversed(), (ends: Ends | undefined, span: ObjectSpan) => !ends || ends.last < span.from],
  ] as const) {
    for (const span of order) {
      const open = all.filter(({ series }) => isOpen(found.get(series.id), span)).map(({ series }) => series)
      for (const [id, ends] of await endsIn(deps, span, open)) found.set(id, joined(found.get(id), ends))
    }
  }
  return found
}

const joined = (a: Ends | undefined, b: Ends): Ends =>
  a ? { first: Math.min(a.first, b.first), last: Math.max(a.last, b.last) } : b

/** Finds the first and last instants of those series that are in the object. */
async function endsIn(
  { archive, memory }: { readonly archive: ArchiveRead; readonly memory: EndsMemory },
  span: ObjectSpan,
  series: readonly SeriesRow[],
): Promise<ReadonlyMap<number, Ends>> {
  const { object } = span
  const ends = new Map<number, Ends>()
  const unknown = series.filter(({ id }) => memory.recall(object, id) === undefined)
  if (unknown.length > 0) {
    const wanted = { ...toWanted(unknown), from: span.from, to: span.to, instantsOnly: true }
    for await (const runs of archive.read(object, await archive.find(object, wanted), wanted)) {
      for (const { seriesId, at } of runs)
        ends.set(seriesId, joined(ends.get(seriesId), { first: at[0] ?? 0, last: at.at(-1) ?? 0 }))
    }
  }
  if (unknown.length > 0) memory.keep(object, new Map(unknown.map(({ id }) => [id, ends.get(id) ?? null])))
  for (const { id } of series) {
    const known = memory.recall(object, id) ?? ends.get(id)
    if (known) ends.set(id, known)
  }
  return ends
}
