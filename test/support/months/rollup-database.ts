// Points and their roll-ups in a database of their own, and the rollups function's connection to it.
import { promisify } from 'node:util'
import { addMonths } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { RollupDeps } from '../../../functions/rollups/handler.ts'
import { ROLLUP_DIFFERENCES } from '../../../scripts/lab/faults/load/rollup-differences.ts'
import { makeLive } from '../points/points.ts'
import { addSeries } from '../points/stored-series.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../postgres/database.ts'

/** A point; `at` is in PostgreSQL's syntax, with its zone. */
export type Reading = readonly [at: string, value: number]

export interface RollupDatabase {
  readonly db: TestDatabase
  readonly tenant: number
  /** Returns the dependencies of a run at this instant. An hour can be rolled up when it has ended. */
  deps(now: string, limits?: Partial<RollupDeps['limits']>, database?: PenstockDatabase): RollupDeps
  /** Opens another connection of the function, closed with the rest. */
  open(): PenstockDatabase
  /** Adds a series of the first tenant or another. */
  series(tenant?: number): Promise<number>
  /** Stores points like writers do: hours below the fence are recorded as invalid. */
  write(series: number, readings: readonly Reading[]): Promise<void>
  /** Returns the differences between roll-ups and a computation from the points, for valid hours below the watermark. */
  wrong(): Promise<unknown[]>
  /** Returns `series bucket count` of each roll-up, in order. */
  rollups(): Promise<string[]>
  /** Returns the hours that are recorded as invalid, each once. */
  invalid(): Promise<string[]>
  marks(): Promise<{ readonly fence: string; readonly watermark: string }>
  close(): Promise<void>
}

const LIMITS: RollupDeps['limits'] = {
  restShare: 0,
  runMs: 20_000,
  batchHours: 100,
  windowHours: 24,
  windowPoints: 1_000_000,
  settleMs: 0,
  lockWaitMs: 200,
  lockPauseMs: 20,
  lockAttempts: 50,
  leaseMs: 60_000,
  pollMs: 10,
}

/** Makes the database; `months` are live. */
export async function openRollups(months: readonly string[]): Promise<RollupDatabase> {
  const db = await createTestDatabase()
  for (const month of months) await makeLive(db, month)
  const tenant = await createTenant(db)
  const opened: PenstockDatabase[] = []
  const open = () => {
    const database = db.openAs('rollups')
    opened.push(database)
    return database
  }
  const own = open()
  let names = 0
  return {
    db,
    tenant,
    open,
    deps: (now, limits = {}, database = own) => ({
      db: database,
      now: () => Date.parse(now),
      pause: promisify(setTimeout),
      limits: { ...LIMITS, ...limits },
    }),
    series: async (of = tenant) => await addSeries(db, of, { labels: { number: names++ } }),
    async write(series, readings) {
      await db.query(
        `with written as (
           insert into metric_point (tenant_id, series_id, ts, value)
           select s.tenant_id, s.id, r.ts, r.value from metric_series s, unnest($2::timestamptz[], $3::float8[]) r (ts, value) where s.id = $1
           on conflict (series_id, ts) do update set value = excluded.value returning *
         )
         insert into rollup_invalidation (tenant_id, series_id, bucket)
         select distinct tenant_id, series_id, date_trunc('hour', ts, 'UTC') from written where ts < (select fence from rollup_mark)`,
        [series, readings.map(([at]) => at), readings.map(([, value]) => value)],
      )
    },
    wrong: async () => await db.query(ROLLUP_DIFFERENCES),
    rollups: async () =>
      (
        await db.query<{ text: string }>(
          `select series_id || ' ' || to_char(bucket, 'YYYY-MM-DD HH24') || ' ' || count as text from metric_rollup order by series_id, bucket`,
        )
      ).map(({ text }) => text),
    invalid: async () =>
      (
        await db.query<{ text: string }>(
          `select distinct series_id || ' ' || to_char(bucket, 'YYYY-MM-DD HH24') as text from rollup_invalidation order by 1`,
        )
      ).map(({ text }) => text),
    async marks() {
      const [row] = await db.query<{ fence: string; watermark: string }>('select fence, watermark from rollup_mark')
      return row ?? { fence: '', watermark: '' }
    },
    async close() {
      for (const database of opened) await database.close()
      await db.drop()
    },
  }
}

/** Returns the first days of `count` months. */
export const monthsFrom = (first: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => addMonths(first, i))
