// The log and the chunks in a database of a test's own, and connections of the functions that use them.

import { formatTimestamp, type Micros } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { makeChunkMonth } from '@penstock/shared/points/chunk-months.ts'
import { type BlockColumns, makeColumns, sortColumns } from '@penstock/shared/points/columns.ts'
import { writePoints } from '@penstock/shared/points/write-points.ts'
import { addSeries } from '../points/stored-series.ts'
import { createTenant, createTestDatabase, type TestDatabase } from './database.ts'

export interface LogSeries {
  readonly id: number
  readonly block: number
}

export type LogPoint = readonly [series: LogSeries, at: Micros, value: number]

export interface LogDatabase {
  readonly db: TestDatabase
  readonly tenant: number
  /** Opens another connection of a function, closed with the rest. */
  open(functionName: string): PenstockDatabase
  series(block?: number, tenant?: number): Promise<LogSeries>
  /** Writes points like a writer does, in one transaction. */
  write(points: readonly LogPoint[], tenant?: number): Promise<void>
  /** Returns `series at value` of every point, read by SQL from log and chunks, in order. */
  stored(): Promise<string[]>
  /** Returns `series bucket count sum min max` of every roll-up, in order. */
  hours(): Promise<string[]>
  close(): Promise<void>
}

/** Makes the database; `months` have partitions. */
export async function openLog(months: readonly string[]): Promise<LogDatabase> {
  const db = await createTestDatabase()
  const opened: PenstockDatabase[] = []
  const open = (functionName: string) => {
    const database = db.openAs(functionName)
    opened.push(database)
    return database
  }
  const partitions = open('partitions')
  for (const month of months) await partitions.writeAll((tx) => makeChunkMonth(tx, month))
  const writer = open('metrics-ingest')
  const tenant = await createTenant(db)
  let names = 0
  return {
    db,
    tenant,
    open,
    async series(block = 0, of = tenant) {
      const id = await addSeries(db, of, { labels: { number: names++ } })
      await db.query('update metric_series set block = $2 where id = $1', [id, block])
      return { id, block }
    },
    async write(points, of = tenant) {
      await writer.write(of, (tx) => writePoints(tx, of, sortColumns(toBlockColumns(points))))
    },
    stored: async () =>
      (
        await db.query<{ series_id: number; ts: string; value: number }>(
          'select series_id, ts, value from stored_point order by series_id, ts',
        )
      ).map(({ series_id, ts, value }) => `${series_id} ${ts} ${value}`),
    hours: async () =>
      (
        await db.query<{ text: string }>(
          `select concat_ws(' ', series_id, to_char(bucket, 'YYYY-MM-DD HH24'), count, sum, min, max) as text
           from stored_hour order by series_id, bucket`,
        )
      ).map(({ text }) => text),
    async close() {
      for (const database of opened) await database.close()
      await db.drop()
    },
  }
}

export function toBlockColumns(points: readonly LogPoint[]): BlockColumns {
  const columns = makeColumns(points.length)
  for (const [i, [series, at, value]] of points.entries()) {
    columns.series[i] = series.id
    columns.block[i] = series.block
    columns.at[i] = at
    columns.value[i] = value
  }
  return columns
}

/** Formats a point like `stored` of `LogDatabase`. */
export const storedAs = (series: LogSeries, at: Micros, value: number): string =>
  `${series.id} ${asPostgres(at)} ${value}`

/** Formats `2026-11-20 17:09:01.5+00`, without trailing zeros. */
const asPostgres = (at: Micros): string =>
  `${formatTimestamp(at)
    .replace('T', ' ')
    .replace(/\.?0*Z$/, '')}+00`
