// Helpers for tests of the write path: partitions of chunks, and reading points without row security.
import { openDatabase } from '@penstock/shared/database/database.ts'
import { makeChunkMonth } from '@penstock/shared/points/chunk-months.ts'
import type { TestDatabase } from '../postgres/database.ts'

/** Makes the partition of a month, given by its first day. */
export async function makeLive(db: TestDatabase, month: string): Promise<void> {
  // On a server of a test's own, the functions' passwords are others.
  const partitions = openDatabase('partitions', { url: db.url, ca: undefined, inCloud: false })
  await partitions.writeAll(async (tx) => void (await makeChunkMonth(tx, month)))
  await partitions.close()
}

export interface StoredPoint {
  readonly tenant: number
  readonly series: number
  /** Microseconds since 1970. */
  readonly at: number
  readonly value: number
}

/** Returns every point, in the order of series and instant. */
export async function storedPoints(db: TestDatabase): Promise<StoredPoint[]> {
  const rows = await db.query<{ tenant: number; series: number; at: string; value: number }>(
    `select tenant_id as tenant, series_id as series, (extract(epoch from ts) * 1000000)::bigint as at, value from stored_point order by series_id, ts`,
  )
  return rows.map((row) => ({ ...row, at: Number(row.at) }))
}
