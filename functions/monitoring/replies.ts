// Turns requests into calls of the rules, and their results into replies.
import type { Call, Handlers, Reply } from '@penstock/shared/http/service.ts'
import { replyOfJob } from '@penstock/shared/jobs/scheduled.ts'
import { preferredType } from '@penstock/shared/negotiation/accept.ts'
import type { routes } from './contract.ts'
import {
  readConnections,
  readIndexes,
  readLocks,
  readPool,
  readQueries,
  readReplication,
  readSuite,
  readTables,
  scraper,
} from './handler.ts'
import { expose, expositionTypes } from './outlets/exposition.ts'
import { type PublishDeps, publish } from './outlets/publish.ts'

const success = (metrics: object): Reply => ({ json: { status: 'success', metrics } })

/** One handler per route. */
export function handlersOf(deps: PublishDeps, waitMs: number): Handlers<typeof routes> {
  const scrape = scraper(deps)
  return {
    pool: async () => success(await readPool(deps)),
    queries: async ({ query }) => success(await readQueries(deps, query)),
    connections: async () => success(await readConnections(deps)),
    indexes: async ({ query }) => success(await readIndexes(deps, query)),
    locks: async () => success(await readLocks(deps)),
    tables: async () => success(await readTables(deps)),
    replication: async () => success(await readReplication(deps)),
    publish: (call) => replyOfJob(call, { now: deps.now, waitMs }, (job) => publish(deps, job)),
    suite: async () => ({ json: await readSuite(deps) }),
    async scrape({ headers }: Pick<Call<typeof routes.scrape>, 'headers'>) {
      const type = preferredType(headers.accept, ['text/plain', 'application/openmetrics-text'])
      const format = type === 'text/plain' ? 'prometheus' : 'openmetrics'
      const varies = { vary: 'Accept' }
      return { text: expose(await scrape(), format), type: expositionTypes[format], headers: varies }
    },
  }
}
