// A database with log and chunks together with storage, for tests of what moves months between them.
import { type ArchiveStore, openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import type { MetricRun } from '@penstock/shared/archive/metric-runs.ts'
import { type WrittenObject, wholeRows } from '@penstock/shared/archive/whole-rows.ts'
import { formatTimestamp } from '@penstock/shared/base/time.ts'
import type { RunDeps } from '@penstock/shared/lifecycle/run-deps.ts'
import { createTestStorage, TEST_BUCKET, type TestStorage } from '../google/storage.ts'
import { type LogDatabase, openLog } from '../postgres/log-database.ts'

export interface LogArchive extends LogDatabase {
  readonly storage: TestStorage
  readonly store: ArchiveStore
  /** As the retention function has them, with small pieces. */
  readonly deps: RunDeps
  /** The object that holds a tenant's month, by the record. */
  objectOf(month: string, tenant?: number): Promise<RecordedObject | undefined>
  /** `labels at value` of every row of the object, in its order; each byte and the record are compared on the way. */
  rowsOf(object: WrittenObject): Promise<string[]>
}

export interface RecordedObject extends WrittenObject {
  readonly rolled_up: boolean
  readonly cold_since: string | null
}

export const runLimits = { piecePoints: 600, loggedPoints: 5_000, snapshotMs: 30_000, blockBytes: 4_096 }

/** `months` have partitions. */
export async function openLogArchive(months: readonly string[]): Promise<LogArchive> {
  const log = await openLog(months)
  const storage = await createTestStorage()
  const store = openArchiveStore(
    { bucket: TEST_BUCKET, endpoint: storage.url },
    { attempts: 3, pauseMs: 1, timeoutMs: 2_000, random: () => 0 },
  )
  const deps: RunDeps = { db: log.open('retention'), store, now: Date.now, renew: async () => {}, limits: runLimits }
  return {
    ...log,
    storage,
    store,
    deps,
    objectOf: async (month, tenant = log.tenant) =>
      (
        await log.db.query<RecordedObject>(
          `select name, generation::text as generation, size_bytes::float8 as size, crc32c, rows::float8 as rows, min_ts as "minTs", max_ts as "maxTs",
             encode(content_sha256, 'hex') as "contentHash", rolled_up, cold_since
           from archive where dataset = 'metrics' and month = $1 and tenant_id = $2 and state = 'verified'`,
          [month, tenant],
        )
      )[0],
    async rowsOf(object) {
      const rows: string[] = []
      for await (const run of wholeRows(deps, object)) rows.push(...textsOf(run))
      return rows
    },
    async close() {
      await log.close()
      await storage.close()
    },
  }
}

const textsOf = ({ series, at, value }: MetricRun): string[] =>
  Array.from(at, (instant, i) => `${series.labels} ${formatTimestamp(instant)} ${value[i]}`)
