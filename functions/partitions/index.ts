// The wiring, nothing else.
import { promisify } from 'node:util'
import { openDatabase } from '@penstock/shared/database.ts'
import { serve } from '@penstock/shared/edge.ts'
import { requestContext } from '@penstock/shared/logger.ts'
import { loadConfig } from './config.ts'
import { routes } from './contract.ts'
import { list, run } from './handler.ts'
import { scheduleTimeOf } from './schedule-time.ts'

const { edge, database, waitMs, limits } = loadConfig(process.env)
const db = openDatabase('partitions', database)
const deps = { db, now: Date.now, pause: promisify(setTimeout), limits }

serve('partitions', {
  config: edge,
  db,
  routes,
  handlers: {
    run: async ({ headers }) => {
      const answer = await run(deps, { scheduleTime: scheduleTimeOf(headers), waitMs: patience() })
      return { status: answer.status === 'success' ? 200 : 500, json: answer }
    },
    list: async () => ({ json: await list(deps) }),
  },
})

/** A call does not wait for another run longer than its own time allows. */
const patience = (): number => Math.min(waitMs, (requestContext.getStore()?.deadline ?? 0) - Date.now() - 1_000)
