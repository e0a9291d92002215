// The backfill function over HTTP, on a database of its own, for tests of workers.
import { createListener } from '@penstock/shared/http/edge.ts'
import { openDeployment, readSettings } from '@penstock/shared/slice/deployment.ts'
import backfill from '../../../functions/backfill/index.ts'
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
  const config = readSettings([backfill], { DATABASE_URL: database.urlOf('backfill'), OPEN: '1' })
  const service = openDeployment('backfill', [backfill], config)
  const listener = createListener('backfill', service)
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
      await service.db.close()
      await database.drop()
    },
  }
}
