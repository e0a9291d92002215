// Tenants, series and points with everything that retention needs: storage, and the function's role.
import { promisify } from 'node:util'
import { type ArchiveStore, openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { monthStart } from '@penstock/shared/base/time.ts'
import { openDatabase, type PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { Labels } from '@penstock/shared/points/labels.ts'
import { archiveStored } from '../../../functions/retention/stored/stored-months.ts'
import { createTestStorage, TEST_BUCKET, type TestStorage } from '../google/storage.ts'
import { passTheGate } from '../points/compact-everything.ts'
import { addPoints, addSeries } from '../points/stored-series.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../postgres/database.ts'

export interface ArchivedMonths {
  readonly db: TestDatabase
  readonly storage: TestStorage
  /** A connection with the role of the retention function. */
  readonly database: PenstockDatabase
  readonly deps: ArchiveDeps
  /** Makes a tenant with this name, and returns its id. */
  tenant(name: string): Promise<number>
  series(tenant: number, name: SeriesGiven): Promise<number>
  /** Stores points of a series in a month: `['03T04:05:06.000007Z', value]`. */
  fill(tenant: number, month: string, series: number, points: readonly (readonly [string, number])[]): Promise<void>
  /** Stores points of a series in a month, evenly over its first days. */
  fillEvenly(tenant: number, month: string, series: number, count: number, stepMs?: number): Promise<void>
  /** Archives every month that ended by an instant, in RFC 3339. */
  archive(endedBy: string): Promise<void>
  close(): Promise<void>
}

export interface SeriesGiven {
  readonly service?: string
  readonly type?: string
  readonly unit?: string
  readonly labels?: Labels
}

export interface ArchiveDeps {
  readonly db: PenstockDatabase
  readonly store: ArchiveStore
  readonly now: () => number
  readonly pause: (ms: number) => Promise<void>
  readonly limits: typeof monthLimits
}

/** Small pieces, so that few points need many of them. */
export const monthLimits = {
  piecePoints: 500,
  loggedPoints: 1_000,
  snapshotMs: 30_000,
  blockBytes: 4_096,
  reopenEveryMs: 0,
  manyPoints: 100,
}

export async function openArchivedMonths(): Promise<ArchivedMonths> {
  const db = await createTestDatabase()
  const storage = await createTestStorage()
  const database = openDatabase(
    'retention',
    { url: db.urlOf('retention'), ca: undefined, inCloud: false },
    { poolSize: 1 },
  )
  const store = openArchiveStore(
    { bucket: TEST_BUCKET, endpoint: storage.url },
    { attempts: 3, pauseMs: 1, timeoutMs: 1_000, random: () => 0 },
  )
  const deps = { db: database, store, now: Date.now, pause: promisify(setTimeout), limits: monthLimits }
  return {
    db,
    storage,
    database,
    deps,
    tenant: async (name) => await createTenant(db, name),
    series: async (tenant, { service = 'api', type = 'cpu', unit = '%', labels = {} }) =>
      await addSeries(db, tenant, { service, type, unit, labels }),
    async fill(tenant, month, series, points) {
      const at = (text: string): number => Date.parse(`${month.slice(0, 8)}${text}`) * 1_000
      await addPoints(
        db,
        tenant,
        series,
        points.map(([text, value]) => [at(text), value]),
      )
    },
    async fillEvenly(tenant, month, series, count, stepMs = 1_000) {
      const begin = monthStart(month)
      await addPoints(
        db,
        tenant,
        series,
        Array.from({ length: count }, (_, i) => [begin + i * stepMs * 1_000, Math.round(Math.sin(i) * 10_000) / 100]),
      )
    },
    async archive(endedBy) {
      await passTheGate(database)
      const call = { dryRun: false, deadline: Number.POSITIVE_INFINITY, renew: async () => {} }
      const done = await archiveStored(deps, { ...call, cutoff: Date.parse(endedBy) * 1000 })
      if (done.error !== undefined || done.more) throw new Error(`not archived: ${done.error}`)
    },
    async close() {
      await database.close()
      await db.drop()
      await storage.close()
    },
  }
}
