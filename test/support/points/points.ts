// Helpers for tests of the write path: partitions of chunks, and reading points without row security.
import { makeChunkMonth } from '@penstock/shared/points/chunk-months.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import type { TestDatabase } from '../postgres/database.ts'

/** Makes the partition of a month, given by its first day. */
export async function makeLive(db: TestDatabase, month: string): Promise<void> {
  // As the superuser: on a server of a test's own, functions have other passwords.
  const pool = new Pool({ connectionString: db.url, max: 1 })
  const superuser = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  await superuser.transaction().execute(async (tx) => void (await makeChunkMonth(tx, month)))
  await superuser.destroy()
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
