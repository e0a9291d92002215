// The backfill function over HTTP, on a database of its own, for tests of workers.
import { randomUUID } from 'node:crypto'
import { createCache } from '@penstock/shared/cache/cache.ts'
import { openDatabase } from '@penstock/shared/database/database.ts'
import { createListener } from '@penstock/shared/http/edge.ts'
import { loadConfig } from '../../../functions/backfill/config.ts'
import { routes } from '../../../functions/backfill/contract.ts'
import { handlersOf } from '../../../functions/backfill/replies.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../postgres/database.ts'
import { startFront } from './http.ts'

export interface BackfillStand {
  readonly database: TestDatabase
  readonly url: string
  /** Returns the number of ranges by state, and the job's status. */
  states(jobId: string): Promise<{ readonly leased: number; readonly done: number; readonly status: string }>
  close(): Promise<void>
}

/** Opens the function without authentication, which other tests cover. */
export async function openBackfillStand(): Promise<BackfillStand> {
  const database = await createTestDatabase()
  await createTenant(database, 'default')
  const config = loadConfig({ DATABASE_URL: database.urlOf('backfill'), OPEN: '1' })
  const db = openDatabase('backfill', config.database)
  const cache = createCache({ clock: Date.now, redis: undefined, maxBytes: 1_000_000 })
  const handlers = handlersOf({ db, newId: randomUUID, cache })
  const listener = createListener('backfill', { config: config.edge, db, routes, handlers })
  const server = await startFront((request, response, ask) => {
    delete request.headers.authorization
    listener(request, response, ask)
  })
  return {
    database,
    url: server.url,
    async states(jobId) {
      const [row] = await database.query<{ leased: number; done: number; status: string }>(
        `select (count(*) filter (where l.state = 'leased'))::int as leased, (count(*) filter (where l.state = 'done'))::int as done, j.status
         from backfill_job j left join backfill_lease l on l.job_id = j.id where j.id = $1 group by j.status`,
        [jobId],
      )
      return row ?? { leased: 0, done: 0, status: 'unknown' }
    },
    async close() {
      await server.stop()
      await db.close()
      await database.drop()
    },
  }
}
