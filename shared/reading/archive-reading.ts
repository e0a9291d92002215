// Reads archive objects by ranges of bytes, counts the bytes that one request reads, and divides the memory among requests.

import { LRUCache } from 'lru-cache'
import type { ArchiveStore } from '../archive/archive-store.ts'
import { DamagedArchive } from '../archive/damaged-archive.ts'
import { type Footer, fetchFooter, type RowGroup, tailBytes } from '../archive/metric-parquet-footer.ts'
import { bytesNeeded, mayHold, type Run, readRuns, type Wanted } from '../archive/metric-parquet-rows.ts'
import { StorageTrouble } from '../archive/storage-errors.ts'
import type { ObjectVersion, StoredObject } from '../archive/stored-object.ts'
import { logger, requestContext } from '../base/logger.ts'
import { archiveTooLarge, busy, Problem } from '../base/problem.ts'
import { shareAllowance } from '../http/body-allowance.ts'

/** An archive object as its record describes it. */
export interface ArchivedObject extends ObjectVersion {
  readonly bytes: number
  readonly rows: number
}

export interface ArchiveLimits {
  /** Maximum objects that one request may open. */
  readonly archiveObjects: number
  /** Maximum bytes of objects that one request may read. */
  readonly archiveBytes: number
  /** Maximum series that one request may look for in them. */
  readonly archiveSeries: number
  /** Maximum bytes of memory for archives over all requests, in addition to the request that has waited longest. */
  readonly archiveMemory: number
  /** Maximum bytes of memory of one request. */
  readonly archiveShare: number
}

/** An instance's access to the archive. */
export interface Archive {
  /** Opens the reader of one request. `close` releases its memory. */
  open(limits: ArchiveLimits): ArchiveRead
  /** The object that has this one's name now; undefined when there is none. @throws {Problem} 503 when storage does not answer. */
  stat(object: ObjectVersion): Promise<StoredObject | undefined>
}

export interface ArchiveRead {
  /**
   * Returns the row groups of an object that can hold wanted points.
   * @throws {Problem} 422 when the request would open too many objects, 503 for a failure of storage or a damaged object.
   * @throws {ArchiveMoved} when the object is gone.
   */
  find(object: ArchivedObject, wanted: Wanted): Promise<readonly RowGroup[]>
  /** Returns the wanted points of these row groups, in their order in the object. Throws like `find`. */
  read(object: ArchivedObject, groups: readonly RowGroup[], wanted: Wanted): AsyncGenerator<readonly Run[], void>
  /**
   * Waits until `bytes` of memory are free and reserves them until `close`, in addition to the memory that reading takes.
   * @throws {Problem} 422 when it is more than a request may hold, 503 when others hold too much for too long.
   */
  hold(bytes: number): Promise<void>
  close(): void
}

/** Row groups in the footers that an instance caches: 14 MiB at most, when all names are long. */
const REMEMBERED_GROUPS = 4_000
/** Ranges with a smaller gap are read in one, because another request would take longer. */
const GAP_BYTES = 64 * 1024
const RANGE_BYTES = 2 * 1024 * 1024
/** Memory of reading: a range, and one of its row groups decoded, including columns of differing names. */
const READING_BYTES = RANGE_BYTES + 4 * 1024 * 1024
const WAIT_MS = 10_000

/** Opens the archive for an instance. Footers are cached without a time limit, because an object never changes. */
export function openArchive(store: Pick<ArchiveStore, 'readRange' | 'stat'>, limits: ArchiveLimits): Archive {
  const footers = new LRUCache<string, Footer>({
    maxSize: REMEMBERED_GROUPS,
    sizeCalculation: ({ groups }) => Math.max(1, groups.length),
  })
  const openAllowance = shareAllowance(
    { tidyUp: () => {} },
    { sharedBytes: limits.archiveMemory, shareBytes: limits.archiveShare, freeBytes: 0, waitMs: WAIT_MS },
  )
  return {
    stat: async (object) => {
      try {
        return await store.stat(object.name)
      } catch (error) {
        throw troubleAt(object, error)
      }
    },
    open(own) {
      const allowance = openAllowance(requestContext.getStore()?.holder ?? '')
      const spent = { objects: 0, bytes: 0 }
      const fetch = async (object: ArchivedObject, start: number, end: number): Promise<Uint8Array> => {
        spent.bytes += end - start
        if (spent.bytes > own.archiveBytes) throw refused(`more than ${mib(own.archiveBytes)} MiB of archived months`)
        return await store.readRange(object, start, end)
      }
      return {
        async find(object, wanted) {
          if (++spent.objects > own.archiveObjects) throw refused(`more than ${own.archiveObjects} archived months`)
          const key = `${object.generation} ${object.name}`
          try {
            const footer = footers.get(key) ?? (await footerOf(fetch, object))
            footers.set(key, footer)
            return footer.groups.filter((group) => mayHold(group, wanted))
          } catch (error) {
            throw troubleAt(object, error)
          }
        },
        read: (object, groups, wanted) => readRanges(fetch, object, groups, wanted),
        async hold(bytes) {
          if (bytes > own.archiveShare) throw refused(`more than ${mib(own.archiveShare)} MiB in memory`)
          await allowance.take(bytes + READING_BYTES)
        },
        close: () => allowance.release(),
      }
    },
  }
}

type Fetch = (object: ArchivedObject, start: number, end: number) => Promise<Uint8Array>

async function footerOf(fetch: Fetch, object: ArchivedObject): Promise<Footer> {
  const footer = await fetchFooter((start, end) => fetch(object, start, end), object.bytes, tailBytes(object.rows))
  if (footer.rows !== object.rows) throw new DamagedArchive(`has ${footer.rows} rows, its manifest ${object.rows}`)
  return footer
}

async function* readRanges(
  fetch: Fetch,
  object: ArchivedObject,
  groups: readonly RowGroup[],
  wanted: Wanted,
): AsyncGenerator<readonly Run[], void> {
  try {
    for (const { start, end, members } of rangesOf(groups, wanted)) {
      const bytes = await fetch(object, start, end)
      for (const group of members) yield await readRuns(group, { start, bytes }, wanted)
    }
  } catch (error) {
    throw troubleAt(object, error)
  }
}

interface Range {
  readonly start: number
  end: number
  readonly members: RowGroup[]
}

/** Joins neighbouring row groups into one range. */
function rangesOf(groups: readonly RowGroup[], wanted: Wanted): readonly Range[] {
  const ranges: Range[] = []
  const placed = groups.map((group) => ({ group, ...bytesNeeded(group, wanted) }))
  for (const { group, start, end } of placed.toSorted((a, b) => a.start - b.start)) {
    const last = ranges.at(-1)
    if (last && start - last.end <= GAP_BYTES && end - last.start <= RANGE_BYTES) {
      last.end = end
      last.members.push(group)
    } else {
      ranges.push({ start, end, members: [group] })
    }
  }
  return ranges
}

/** An object is gone because its month was reopened, expired or archived again. Reading the months again shows which. */
export class ArchiveMoved extends Error {
  readonly object: ObjectVersion

  constructor(object: ObjectVersion, cause: unknown) {
    super(`${object.name} of generation ${object.generation} is gone`, { cause })
    this.name = 'ArchiveMoved'
    this.object = object
  }
}

/**
 * Turns a failure at an object into the request's error.
 * @returns {ArchiveMoved} when it is gone; a problem of 503 when storage does not answer, or the object is damaged.
 */
function troubleAt({ name, generation }: ObjectVersion, error: unknown): unknown {
  if (error instanceof StorageTrouble && error.reason === 'missing')
    return new ArchiveMoved({ name, generation }, error)
  const isDamaged = error instanceof DamagedArchive
  if (!isDamaged && !(error instanceof StorageTrouble)) return error
  if (isDamaged) logger.fatal({ err: error, object: name, generation }, 'archive.damaged')
  else logger.error({ err: error, object: name }, 'archive.unavailable')
  return busy('The archive is temporarily unavailable.', error, isDamaged ? 60 : 1)
}

const mib = (bytes: number): number => Math.floor(bytes / 1024 / 1024)

const refused = (what: string): Problem => {
  const detail = `would read ${what}: choose a shorter range, or name the series by service_name=, metric_type=, unit= and labels.<name>=`
  return new Problem(archiveTooLarge, detail, { errors: [{ pointer: '?start_time', detail }] })
}
