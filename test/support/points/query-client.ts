// Calls the rules of metrics-query on a database of the test's own, with the function's role and parameters in a client's form.

import { StorageTrouble } from '@penstock/shared/archive/storage-errors.ts'
import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import type { Micros } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { aroundUnits } from '@penstock/shared/database/units.ts'
import { validateQuery } from '@penstock/shared/http/validation.ts'
import { openPointIds, pointId } from '@penstock/shared/points/point-id.ts'
import { type Archive, openArchive } from '@penstock/shared/reading/archive-reading.ts'
import { aggregate } from '../../../functions/metrics-query/aggregate/aggregate.ts'
import {
  type Aggregate,
  AggregateQuery,
  type Metric,
  RangeQuery,
  type Series,
  SeriesQuery,
} from '../../../functions/metrics-query/contract.ts'
import type { QueryDeps } from '../../../functions/metrics-query/deps.ts'
import { range, series } from '../../../functions/metrics-query/handler.ts'
import { defaultLimits, type QueryLimits } from '../../../functions/metrics-query/limits.ts'
import type { Page } from '../../../functions/metrics-query/page.ts'
import { openSeriesMemory } from '../../../functions/metrics-query/range/point-template.ts'
import { trends } from '../../../functions/metrics-query/trends/trends.ts'
import { type MetricTrends, TrendsQuery } from '../../../functions/metrics-query/trends-contract.ts'
import { afterStatements } from '../postgres/between-statements.ts'
import { createTestDatabase, type TestDatabase } from '../postgres/database.ts'
import { makeLive } from './points.ts'

/** The point ids in this client's answers. */
const pointIds = openPointIds(Buffer.alloc(16))
export const idOfPoint = (series: number, at: Micros): string =>
  pointId(pointIds.codesOf([series]).get(series) ?? '', at)

type Query = Readonly<Record<string, string | number>>

export interface PageAnswer<Row> {
  readonly rows: readonly Row[]
  readonly text: string
  readonly cursor: string | undefined
}

export interface QueryClient {
  readonly database: TestDatabase
  readonly db: PenstockDatabase
  /** Dependencies of the rules, with the usual limits. */
  readonly deps: QueryDeps
  range(tenantId: number, query: Query, limits?: Partial<QueryLimits>): Promise<PageAnswer<Metric>>
  series(tenantId: number, query: Query, limits?: Partial<QueryLimits>): Promise<PageAnswer<Series>>
  aggregate(tenantId: number, query: Query, limits?: Partial<QueryLimits>): Promise<Aggregate>
  trends(tenantId: number, query: Query, limits?: Partial<QueryLimits>): Promise<MetricTrends>
  /** Returns the source that an aggregate's answer is read from. */
  sourceOf(tenantId: number, query: Query): Promise<string>
  /** Called after each statement of a unit of work, with its number, and after each pipeline. */
  afterStatement: (count: number) => Promise<void>
  close(): Promise<void>
}

export interface QueryClientOptions {
  /** First days of the months that have partitions. */
  readonly months: readonly string[]
  readonly now: Micros
  /** An archive without objects when absent. */
  readonly archive?: Archive
}

/** Makes the database and its months. */
export async function createQueryClient({
  months,
  now,
  archive = emptyArchive,
}: QueryClientOptions): Promise<QueryClient> {
  const database = await createTestDatabase()
  for (const month of months) await makeLive(database, month)
  const opened = database.openAs('metrics-query')
  const db = watched(opened, async (count) => await client.afterStatement(count))
  const seriesMemory = openSeriesMemory(pointIds)
  const deps = (limits: Partial<QueryLimits>) => ({
    db,
    seriesMemory,
    archive,
    now: () => now / 1000,
    cursorKey: Buffer.alloc(32, 1),
    limits: { ...defaultLimits, ...limits },
  })
  const ask = async (id: number, query: Query, limits: Partial<QueryLimits>) =>
    await aggregate(deps(limits), callerOf(id), validateQuery(AggregateQuery, texts(query)))
  const client: QueryClient = {
    database,
    db,
    deps: deps({}),
    range: async (id, query, limits = {}) =>
      pageAnswer(await range(deps(limits), callerOf(id), validateQuery(RangeQuery, texts(query)))),
    series: async (id, query, limits = {}) =>
      pageAnswer(await series(deps(limits), callerOf(id), validateQuery(SeriesQuery, texts(query)))),
    aggregate: async (id, query, limits = {}) => JSON.parse(String((await ask(id, query, limits)).bytes)) as Aggregate,
    trends: async (id, query, limits = {}) => {
      const { bytes } = await trends(deps(limits), callerOf(id), validateQuery(TrendsQuery, texts(query)))
      return JSON.parse(String(bytes)) as MetricTrends
    },
    sourceOf: async (id, query) => (await ask(id, query, {})).source,
    afterStatement: async () => {},
    async close() {
      await db.close()
      await database.drop()
    },
  }
  return client
}

/** An archive that reads from a bucket without objects. */
export const emptyArchive = openArchive(
  {
    readRange: async ({ name }) => await Promise.reject(new StorageTrouble(name, 404, 1, undefined)),
    stat: async () => undefined,
  },
  defaultLimits,
)

type GivenTo<Name extends 'pipelineInTenant' | 'readInOneTrip'> = Parameters<PenstockDatabase[Name]>

function watched(db: PenstockDatabase, afterStatement: (count: number) => Promise<void>): PenstockDatabase {
  const after = async <T>(answer: Promise<T>): Promise<T> => {
    const answered = await answer
    await afterStatement(1)
    return answered
  }
  const trips = {
    ...db,
    pipelineInTenant: async (...given: GivenTo<'pipelineInTenant'>) => await after(db.pipelineInTenant(...given)),
    readInOneTrip: async (...given: GivenTo<'readInOneTrip'>) => await after(db.readInOneTrip(...given)),
  }
  return aroundUnits(trips, async (run, work, { tenantId }) => {
    if (tenantId === null) return await run(work)
    let count = 0
    const plugin = afterStatements(async () => await afterStatement(++count))
    return await run(async (tx) => await work(tx.withPlugin(plugin)))
  })
}

const texts = (query: Query): [string, string][] => Object.entries(query).map(([name, value]) => [name, String(value)])

export const callerOf = (id: number): TenantPrincipal => ({
  kind: 'tenant',
  name: 'test',
  tenant: { id, name: 'test', seriesLimit: 1_000, ignoredLabels: [] },
  scopes: ['metrics:read'],
})

function pageAnswer<Row>({ bytes, cursor }: Page): PageAnswer<Row> {
  const text = bytes.toString()
  return { rows: JSON.parse(text) as Row[], text, cursor }
}
