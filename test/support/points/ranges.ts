// Ranges asked of a database whose live months have gaps: the same months and time for every test that pages.
import { HOUR, parseTimestamp } from '@penstock/shared/base/time.ts'
import { afterAll, beforeAll } from 'vitest'
import type { Metric } from '../../../functions/metrics-query/contract.ts'
import type { QueryLimits } from '../../../functions/metrics-query/limits.ts'
import type { TestDatabase } from '../postgres/database.ts'
import { createQueryClient, type PageAnswer, type QueryClient } from './query-client.ts'

export const NOON = parseTimestamp('2026-11-20T12:00:00Z') as number
export const NOW = NOON + HOUR

export interface RangeLab {
  readonly client: QueryClient
  readonly database: TestDatabase
  /** Asks for all times; `query` may narrow them. */
  readonly ask: (
    tenantId: number,
    query: Readonly<Record<string, string | number>>,
    limits?: Partial<QueryLimits>,
  ) => Promise<PageAnswer<Metric>>
}

/** Makes the database before the tests of a file, and drops it after them. */
export function rangeLab(): RangeLab {
  let client: QueryClient
  beforeAll(async () => {
    client = await createQueryClient({ months: ['2025-12-01', '2026-10-01', '2026-11-01', '2026-12-01'], now: NOW })
  })
  afterAll(async () => await client.close())
  const wide = { start_time: '2020-01-01T00:00:00Z', end_time: '2030-01-01T00:00:00Z' }
  return {
    get client() {
      return client
    },
    get database() {
      return client.database
    },
    ask: async (tenantId, query, limits) => await client.range(tenantId, { ...wide, ...query }, limits),
  }
}
