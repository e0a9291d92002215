// The questions about the database, one function per route. Each is answered in one transaction.
import { logger } from '@penstock/shared/base/logger.ts'
import { Problem, unavailable } from '@penstock/shared/base/problem.ts'
import { share } from '@penstock/shared/base/shared-flight.ts'
import type {
  ConnectionsAnswer,
  IndexesAnswer,
  IndexesQuery,
  LocksAnswer,
  PoolAnswer,
  QueriesAnswer,
  QueriesQuery,
  ReplicationAnswer,
  SuiteAnswer,
  TablesAnswer,
} from './contract.ts'
import type { StoredReport } from './counters/activity.ts'
import { selectReports } from './counters/activity-queries.ts'
import { lengths, readWindow } from './counters/window.ts'
import type { MonitoringDeps } from './deps.ts'
import type { Family } from './outlets/exposition.ts'
import { down, readFamilies } from './outlets/families.ts'
import { selectIndexes } from './server/index-queries.ts'
import { indexesOf } from './server/indexes.ts'
import { selectDeadlocks, selectWaiting } from './server/lock-queries.ts'
import { locksOf } from './server/locks.ts'
import { connectionsOf, poolOf, readSessions } from './server/sessions.ts'
import { selectCountedStatements, selectStatisticsSchema } from './server/statement-queries.ts'
import { queriesOf } from './server/statements.ts'
import { selectDatabase, selectIsReplica, selectReplicas, selectTables } from './server/table-queries.ts'
import { replicationOf, tablesOf } from './server/tables.ts'
import { readFacts, SUITE_WINDOW, suiteOf } from './suite/suite.ts'

const momentOf = ({ now, platform }: MonitoringDeps) => ({ tier: platform.tier, now: now() * 1_000 })

/** Answers which function holds which connections. */
export async function readPool(deps: MonitoringDeps): Promise<PoolAnswer> {
  const moment = momentOf(deps)
  return await deps.db.readAll(async (tx) => {
    const server = await readSessions(tx, moment.tier)
    return poolOf(server, await selectReports<StoredReport>(tx), moment)
  })
}

/** Answers how long statements took within a window. */
export async function readQueries(deps: MonitoringDeps, { window, limit }: QueriesQuery): Promise<QueriesAnswer> {
  const moment = momentOf(deps)
  return await deps.db.readAll(async (tx) => {
    const schema = await selectStatisticsSchema(tx)
    const counted = schema === undefined ? undefined : await selectCountedStatements(tx, schema, limit)
    return queriesOf(await readWindow(tx, moment.now, lengths[window]), counted, { ...moment, limit })
  })
}

/** Answers the connections of each role against its limit. */
export async function readConnections(deps: MonitoringDeps): Promise<ConnectionsAnswer> {
  return connectionsOf(await deps.db.readAll(async (tx) => await readSessions(tx, deps.platform.tier)))
}

/** Lists the indexes. */
export async function readIndexes({ db }: MonitoringDeps, query: IndexesQuery): Promise<IndexesAnswer> {
  return indexesOf(await db.readAll(selectIndexes), query)
}

/** Lists the sessions that wait for a lock. */
export async function readLocks({ db }: MonitoringDeps): Promise<LocksAnswer> {
  return await db.readAll(async (tx) => locksOf(await selectWaiting(tx), await selectDeadlocks(tx)))
}

/** Lists the tables. */
export async function readTables({ db }: MonitoringDeps): Promise<TablesAnswer> {
  return await db.readAll(async (tx) => tablesOf(await selectTables(tx), await selectDatabase(tx)))
}

/** Describes the server and its replicas. */
export async function readReplication({ db }: MonitoringDeps): Promise<ReplicationAnswer> {
  return await db.readAll(async (tx) => {
    const isReplica = await selectIsReplica(tx)
    return replicationOf(isReplica, isReplica ? [] : await selectReplicas(tx))
  })
}

/** Describes the suite. */
export async function readSuite(deps: MonitoringDeps): Promise<SuiteAnswer> {
  const moment = momentOf(deps)
  return await deps.db.readAll(async (tx) =>
    suiteOf(await readFacts(tx, moment), await readWindow(tx, moment.now, SUITE_WINDOW), moment.tier),
  )
}

/** A scrape is cached for this many milliseconds and shared by concurrent callers: ten scrapers cost as much as one. */
const CACHED_MS = 10_000

/** Makes the function that reads everything that /metrics exposes. When the database is down, it reports that instead of failing. */
export function scraper(deps: MonitoringDeps): () => Promise<readonly Family[]> {
  const flights = new Map<string, Promise<readonly Family[]>>()
  let known: { readonly families: readonly Family[]; readonly at: number } | undefined
  const read = async (): Promise<readonly Family[]> => {
    const families = await deps.db.readAll(async (tx) => await readFamilies(tx, momentOf(deps)))
    known = { families, at: deps.now() }
    return families
  }
  return async () => {
    const age = deps.now() - (known?.at ?? Number.NEGATIVE_INFINITY)
    if (known && age >= 0 && age < CACHED_MS) return known.families
    try {
      return await share(flights, 'scrape', read)
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== unavailable) throw error
      logger.warn({ err: error }, 'monitoring.down')
      return down
    }
  }
}
