// The wiring of both entry points, nothing else.

import { tenantFinder } from '@penstock/shared/auth/tenants.ts'
import { openDatabase } from '@penstock/shared/database/database.ts'
import { serve } from '@penstock/shared/http/edge.ts'
import type { Call, Reply } from '@penstock/shared/http/service.ts'
import { readIdempotencyKey } from '@penstock/shared/jobs/idempotency.ts'
import { openPointIds } from '@penstock/shared/points/point-id.ts'
import { createSeriesResolver } from '@penstock/shared/points/series.ts'
import { readPreferences } from './answers.ts'
import { loadConfig } from './config.ts'
import { pubsubRoutes, routes } from './contract.ts'
import { ingest } from './handler.ts'
import { foreignFailure, foreignHandlers } from './protocols/foreign-routes.ts'
import { takePush } from './push/push-handler.ts'
import { batchReply, oneReply } from './replies.ts'
import { createStamps } from './stamps.ts'
import { createWriter } from './writer.ts'

const config = loadConfig(process.env)
const now = Date.now
const db = openDatabase(config.edge.target, config.database)
const deps = {
  db,
  now,
  limits: config.limits,
  pointIds: openPointIds(config.pointIdKey),
  stamp: createStamps({ db, now }),
  series: createSeriesResolver({ db, now }),
  store: createWriter({ db, now }),
  findTenant: tenantFinder({ db, clock: now }),
}

async function ingestCall(
  call: Call<typeof routes.one | typeof routes.batch>,
  entries: unknown[],
  pointerOf: (i: number) => string,
) {
  const preferences = readPreferences(String(call.headers['prefer'] ?? ''))
  const idempotency = readIdempotencyKey(
    call.headers['idempotency-key'],
    `${call.url.pathname} ${preferences.strict}`,
    call.bytes,
  )
  return { preferences, result: await ingest(deps, call.caller, { entries, pointerOf, preferences, idempotency }) }
}

serve('metrics-ingest', {
  config: config.edge,
  db,
  routes,
  handlers: {
    async one(call): Promise<Reply> {
      const { preferences, result } = await ingestCall(call, [call.body], () => '')
      return oneReply(preferences, result)
    },
    async batch(call): Promise<Reply> {
      const { preferences, result } = await ingestCall(call, call.body, (i) => `/${i}`)
      return batchReply(preferences, result)
    },
    ...foreignHandlers(deps),
  },
  failure: foreignFailure,
})

serve('metrics-ingest-pubsub', {
  config: config.edge,
  db,
  routes: pubsubRoutes,
  handlers: {
    async push({ caller, headers, bytes, query }): Promise<Reply> {
      await takePush(deps, caller, { headers, body: bytes, tenant: query.tenant, multiTenant: query.multi === '1' })
      return { status: 204 }
    },
  },
})
