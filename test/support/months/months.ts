// A database with the dependencies of the partitions job, whose clock a test sets.
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { PartitionsDeps } from '../../../functions/partitions/handler.ts'
import { type LogDatabase, openLog } from '../postgres/log-database.ts'

export interface Months extends LogDatabase {
  /** A connection with the role of the partitions function. */
  readonly database: PenstockDatabase
  deps(now: () => number, limits?: Partial<PartitionsDeps['limits']>): PartitionsDeps
  /** Stores this many points of a series in a month, a second apart, which the log holds. */
  crowd(month: string, count: number): Promise<void>
}

export async function openMonths(): Promise<Months> {
  const log = await openLog([])
  const database = log.open('partitions')
  return {
    ...log,
    database,
    deps: (now, limits = {}) => ({
      db: database,
      now,
      readSalt: async () => undefined,
      pause: async (ms) => await new Promise((resolve) => setTimeout(resolve, ms)),
      limits: { runMs: 20_000, leaseMs: 60_000, pollMs: 10, ...limits },
    }),
    async crowd(month, count) {
      const series = await log.series()
      const begin = Date.parse(`${month}T00:00:00Z`) * 1000
      await log.write(Array.from({ length: count }, (_, i) => [series, begin + i * 1_000_000, i] as const))
    },
  }
}
