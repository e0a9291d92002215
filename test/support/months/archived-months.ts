// Months of points with everything that the archive needs: tenants, series, marks, storage, and a function's role.
import { promisify } from 'node:util'
import { type ArchiveStore, openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { copyConnection, type InCopyTransaction } from '@penstock/shared/database/copy-connection.ts'
import { openDatabase, type PenstockDatabase } from '@penstock/shared/database/database.ts'
import { type AsOwner, ownerConnection } from '@penstock/shared/database/owner-connection.ts'
import { canonicalLabels, type Labels } from '@penstock/shared/points/labels.ts'
import { seriesIdentity } from '@penstock/shared/points/series.ts'
import { createTestStorage, TEST_BUCKET, type TestStorage } from '../google/storage.ts'
import { makeLive } from '../points/points.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../postgres/database.ts'

export interface ArchivedMonths {
  readonly db: TestDatabase
  readonly storage: TestStorage
  /** A connection with the role of the retention function. */
  readonly database: PenstockDatabase
  readonly deps: ArchiveDeps
  /** Returns the id of a tenant, by its name. */
  tenant(name: string): Promise<number>
  series(tenant: number, name: SeriesGiven): Promise<number>
  /** Makes a month live, and stores points in it: `[series, '03T04:05:06.000007Z', value]`. */
  fill(tenant: number, month: string, points: readonly Point[]): Promise<void>
  /** Stores points of a series in a live month, evenly over its first days. */
  fillEvenly(tenant: number, month: string, series: number, count: number, stepMs?: number): Promise<void>
  defer(tenant: number, month: string, points: readonly Point[]): Promise<void>
  /** Marks the roll-ups as complete, so that nothing is left to compute. */
  rollUp(): Promise<void>
  stateOf(month: string): Promise<string | undefined>
  /** Returns every row of a month, as text. */
  rowsOf(month: string): Promise<string[]>
  close(): Promise<void>
}

export type Point = readonly [series: number, at: string, value: number]
export interface SeriesGiven {
  readonly service?: string
  readonly type?: string
  readonly unit?: string
  readonly labels?: Labels
}

export interface ArchiveDeps {
  readonly db: PenstockDatabase
  readonly asOwner: AsOwner
  readonly inCopyTransaction: InCopyTransaction
  readonly store: ArchiveStore
  readonly now: () => number
  readonly pause: (ms: number) => Promise<void>
  readonly limits: {
    readonly lockWaitMs: number
    readonly lockPauseMs: number
    readonly lockAttempts: number
    readonly piecePoints: number
    readonly readMs: number
    readonly batchPoints: number
    readonly batchHours: number
    readonly lastPoints: number
    readonly blockBytes: number
    readonly readerWaitMs: number
    readonly reopenEveryMs: number
    readonly comparedPoints: number
  }
}

/** Small batches, so that few points need many of them. */
export const monthLimits = {
  lockWaitMs: 200,
  lockPauseMs: 20,
  lockAttempts: 30,
  piecePoints: 500,
  readMs: 60_000,
  batchPoints: 100,
  batchHours: 10,
  lastPoints: 10,
  blockBytes: 4_096,
  readerWaitMs: 500,
  reopenEveryMs: 0,
  comparedPoints: 20,
  loggedPoints: 1_000,
  snapshotMs: 30_000,
  manyPoints: 100,
}

export async function openArchivedMonths(): Promise<ArchivedMonths> {
  const db = await createTestDatabase()
  const storage = await createTestStorage()
  const config = { url: db.urlOf('retention'), ca: undefined, inCloud: false }
  const database = openDatabase('retention', config, { poolSize: 1 })
  const store = openArchiveStore(
    { bucket: TEST_BUCKET, endpoint: storage.url },
    { attempts: 3, pauseMs: 1, timeoutMs: 1_000, random: () => 0 },
  )
  const insert = async (table: string, tenant: number, month: string, points: readonly Point[]) =>
    await db.query(
      `insert into ${table} (tenant_id, series_id, ts, value)
       select $1, s, (left($2, 8) || t)::timestamptz, v from unnest($3::int[], $4::text[], $5::float8[]) as p (s, t, v)`,
      [tenant, month, points.map(([s]) => s), points.map(([, at]) => at), points.map(([, , v]) => v)],
    )
  return {
    db,
    storage,
    database,
    deps: {
      db: database,
      asOwner: ownerConnection('retention', config),
      inCopyTransaction: copyConnection('retention', config),
      store,
      now: Date.now,
      pause: promisify(setTimeout),
      limits: monthLimits,
    },
    tenant: async (name) => await createTenant(db, name),
    async series(tenant, { service = 'api', type = 'cpu', unit = '%', labels = {} }) {
      const canonical = canonicalLabels(labels)
      const identity = seriesIdentity({ service, type, unit, labels: canonical })
      const [row] = await db.query<{ id: number }>(
        `insert into metric_series (tenant_id, service_name, metric_type, unit, labels, identity_sha256)
         values ($1, $2, $3, $4, $5::jsonb, decode($6, 'hex')) returning id`,
        [tenant, service, type, unit, canonical, identity],
      )
      return row?.id ?? -1
    },
    async fill(tenant, month, points) {
      if ((await db.query('select from metric_month where month = $1', [month])).length === 0) await makeLive(db, month)
      await insert('metric_point', tenant, month, points)
    },
    async fillEvenly(tenant, month, series, count, stepMs = 1_000) {
      if ((await db.query('select from metric_month where month = $1', [month])).length === 0) await makeLive(db, month)
      await db.query(
        `insert into metric_point (tenant_id, series_id, ts, value)
         select $1, $2, $3::timestamptz + i * $5 * interval '1 millisecond', round((sin(i) * 100)::numeric, 2)::float8
         from generate_series(0, $4::int - 1) i`,
        [tenant, series, `${month} 00:00:00+00`, count, stepMs],
      )
    },
    defer: async (tenant, month, points) => void (await insert('deferred_point', tenant, month, points)),
    async rollUp() {
      await db.query('delete from rollup_invalidation')
      await db.query(`update rollup_mark set fence = now(), watermark = now()`)
    },
    stateOf: async (month) =>
      (await db.query<{ state: string }>('select state from metric_month where month = $1', [month]))[0]?.state,
    rowsOf: async (month) =>
      (
        await db.query<{ row: string }>(
          `select concat_ws(' ', tenant_id, series_id, ts, value) as row from metric_point
           where ts >= $1::date and ts < $1::date + interval '1 month' order by series_id, ts`,
          [month],
        )
      ).map(({ row }) => row),
    async close() {
      await database.close()
      await db.drop()
      await storage.close()
    },
  }
}
