// Months with waiting points, in a database of their own, and partitions like the suite's.
import { promisify } from 'node:util'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { GoLiveDeps } from '@penstock/shared/months/go-live.ts'
import type { RoleDeps } from '../../../functions/partitions/roles.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../postgres/database.ts'

/** A point in a month; `at` is the part after `2026-11-`: `03T04:05:06Z`. */
export type PointInMonth = readonly [series: number, at: string, value: number]

export interface Months {
  readonly db: TestDatabase
  /** A connection with the role of the partitions function. */
  readonly database: PenstockDatabase
  readonly tenant: number
  /** Dependencies with small batches, so that few points are a backlog. */
  deps(limits?: Partial<GoLiveDeps['limits']>): GoLiveDeps & RoleDeps
  /** Defers points in this order of acceptance. */
  defer(month: string, points: readonly PointInMonth[]): Promise<void>
  /** Defers points of one series, a minute apart, and accepted in another order than that of their times. */
  deferMany(month: string, count: number): Promise<void>
  /** Returns the points that a reader finds in a month, by series and time. */
  stored(month: string): Promise<{ series_id: number; ts: string; value: number }[]>
  /** Returns the number of points that are still deferred, over all months. */
  waiting(): Promise<number>
  stateOf(month: string): Promise<string | undefined>
  /** Returns the first column of the first row. */
  one(sql: string, ...parameters: unknown[]): Promise<unknown>
  close(): Promise<void>
}

export async function openMonths(): Promise<Months> {
  const db = await createTestDatabase()
  const database = db.openAs('partitions')
  const tenant = await createTenant(db)
  const one = async (sql: string, ...parameters: unknown[]): Promise<unknown> =>
    Object.values((await db.query(sql, parameters))[0] ?? {})[0]
  return {
    db,
    database,
    tenant,
    one,
    deps: (limits = {}) => ({
      db: database,
      readSalt: async () => undefined,
      pause: promisify(setTimeout),
      limits: { batchPoints: 100, lastPoints: 10, lockWaitMs: 200, lockPauseMs: 20, lockAttempts: 30, ...limits },
    }),
    async defer(month, points) {
      for (const [series, at, value] of points) {
        await db.query('insert into deferred_point (tenant_id, series_id, ts, value) values ($1, $2, $3, $4)', [
          tenant,
          series,
          `${month.slice(0, 8)}${at}`,
          value,
        ])
      }
    },
    async deferMany(month, count) {
      await db.query(
        `insert into deferred_point (tenant_id, series_id, ts, value)
         select $1, 1, $2::timestamptz + i * interval '1 minute', i
         from generate_series(0, $3 - 1) i order by md5(i::text)`,
        [tenant, `${month} 00:00:00+00`, count],
      )
    },
    stored: async (month) =>
      await db.query(
        `select series_id, ts, value from metric_point
         where ts >= $1::date and ts < $1::date + interval '1 month' order by series_id, ts`,
        [month],
      ),
    waiting: async () => (await one('select count(*)::int from deferred_point')) as number,
    stateOf: async (month) =>
      (await one('select state from metric_month where month = $1', month)) as string | undefined,
    async close() {
      await db.drop()
    },
  }
}
