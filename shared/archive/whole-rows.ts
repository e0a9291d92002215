// Reads every row of an object, and proves that it is the object that was written.
import { fromPostgres } from '../base/time.ts'
import { ObjectChanged } from './archive-fault.ts'
import type { ArchiveStore } from './archive-store.ts'
import { readMetricParquet } from './metric-parquet-reader.ts'
import { type MetricRun, metricSummary } from './metric-runs.ts'
import type { ObjectVersion } from './stored-object.ts'
import { wholeObject } from './whole-object.ts'

export interface ReadingDeps {
  readonly store: Pick<ArchiveStore, 'readRange'>
  /** Called between pieces of an object, so that the reader can renew its run. */
  readonly renew: () => Promise<void>
  /** Bytes of an object that are read at a time. */
  readonly limits: { readonly blockBytes: number }
}

/** An object as it was written. Times are texts of PostgreSQL; the hash of its rows is hexadecimal. */
export interface WrittenObject extends ObjectVersion {
  readonly size: number
  readonly crc32c: string
  readonly rows: number
  readonly minTs: string
  readonly maxTs: string
  readonly contentHash: string
}

const ROWS_BETWEEN_RENEWALS = 1_000_000

/**
 * Returns every row of an object in its order. After the last row, bytes, rows, first and last instant and content are compared with the
 * record.
 * @throws {ObjectChanged} when something differs: the rows that were returned before must be discarded. {StorageTrouble} when the object
 * cannot be read.
 */
export async function* wholeRows(deps: ReadingDeps, object: WrittenObject): AsyncGenerator<MetricRun, void> {
  const whole = wholeObject(deps.store, object, deps.limits.blockBytes)
  const summary = metricSummary()
  let rows = 0
  try {
    for await (const run of readMetricParquet(whole.file)) {
      summary.add(run)
      yield run
      rows += run.at.length
      if (rows < ROWS_BETWEEN_RENEWALS) continue
      rows = 0
      await deps.renew()
    }
  } catch (error) {
    // Bytes that are not Parquet any more are a fault of the object; unavailable storage is not.
    if (error instanceof Error && error.name !== 'StorageTrouble' && error.name !== 'Problem') {
      throw new ObjectChanged(object.name, `cannot be read: ${error.message}`, error)
    }
    throw error
  }
  const { rows: count, minAt, maxAt, contentHash } = summary.finish()
  const is = [await whole.checksum(), count, minAt, maxAt, contentHash].join()
  const { crc32c, minTs, maxTs } = object
  const was = [crc32c, object.rows, fromPostgres(minTs), fromPostgres(maxTs), object.contentHash].join()
  if (is !== was) throw new ObjectChanged(object.name, `has ${is}, but was written with ${was}`)
}
