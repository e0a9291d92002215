// Points of one tenant, and aggregates over them: the same months for every test that asks for aggregates.
import { formatTimestamp, type Micros, parseTimestamp } from '@penstock/shared/base/time.ts'
import { afterAll, beforeAll } from 'vitest'
import type { Aggregate } from '../../../functions/metrics-query/contract.ts'
import type { QueryLimits } from '../../../functions/metrics-query/limits.ts'
import { createTenant } from '../postgres/database.ts'
import { createQueryClient, type QueryClient } from './query-client.ts'
import { addPoints, addSeries, type SeriesNames } from './stored-series.ts'

export const us = (text: string): Micros => parseTimestamp(text) as number
export const START = us('2023-12-01T00:00:00Z')
export const END = us('2024-03-31T23:59:59.999999Z')

export interface GroupedPoint {
  readonly at: Micros
  readonly value: number
  /** The label `host` of its series; a null counts as no label. */
  readonly group: string | null
}

export interface AggregateLab {
  readonly client: QueryClient
  readonly tenant: number
  /** Returns a service's name that no other call has. */
  readonly freshService: () => string
  /** Asks for an aggregate by hours over all months; `query` adds to that. */
  readonly ask: (
    service: string,
    query: Readonly<Record<string, string>>,
    limits?: Partial<QueryLimits>,
    tenantId?: number,
  ) => Promise<Aggregate>
  /** Stores points of one series. */
  readonly add: (
    names: SeriesNames,
    points: readonly (readonly [at: Micros, value: number])[],
    tenantId?: number,
  ) => Promise<void>
  readonly store: (service: string, some: readonly GroupedPoint[]) => Promise<void>
}

/** Makes the database before the tests of a file, and drops it after them. */
export function aggregateLab(): AggregateLab {
  let client: QueryClient
  let tenant: number
  let services = 0
  beforeAll(async () => {
    client = await createQueryClient({ months: ['2023-12-01', '2024-01-01', '2024-02-01', '2024-03-01'], now: END })
    tenant = await createTenant(client.database)
  })
  afterAll(async () => await client.close())
  const range = { start_time: formatTimestamp(START), end_time: formatTimestamp(END) }
  const names = { metric_type: 'temp', ...range, interval: 'hour' }
  const add: AggregateLab['add'] = async (names, points, tenantId = tenant) =>
    await addPoints(client.database, tenantId, await addSeries(client.database, tenantId, names), points)
  return {
    add,
    get client() {
      return client
    },
    get tenant() {
      return tenant
    },
    freshService: () => `service-${services++}`,
    ask: async (service, query, limits = {}, tenantId = tenant) =>
      await client.aggregate(tenantId, { service_name: service, ...names, ...query }, limits),
    async store(service, some) {
      for (const [host, points] of Map.groupBy(some, ({ group }) => group)) {
        const own = points.map(({ at, value }) => [at, value] as const)
        await add({ service, labels: { host, other: 1 } }, own)
      }
    },
  }
}
