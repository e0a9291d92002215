// The wiring of both entry points, nothing else.

import { tenantFinder } from '@penstock/shared/auth/tenants.ts'
import { openDatabase } from '@penstock/shared/database/database.ts'
import { serve } from '@penstock/shared/http/edge.ts'
import type { Call, Reply } from '@penstock/shared/http/service.ts'
import { readIdempotencyKey } from '@penstock/shared/jobs/idempotency.ts'
import { openPointIds } from '@penstock/shared/points/point-id.ts'
import { createSeriesResolver } from '@penstock/shared/points/series.ts'
import { type Preferences, readPreferences } from './answers.ts'
import { loadConfig } from './config.ts'
import { pubsubRoutes, routes } from './contract.ts'
import { type IngestRequest, ingest } from './handler.ts'
import { foreignFailure, foreignHandlers } from './protocols/foreign-routes.ts'
import { takePush } from './push/push-handler.ts'
import { batchReply, oneReply } from './replies.ts'
import { readBatch } from './scan-metrics.ts'
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

type IngestCall = Call<typeof routes.one | typeof routes.batch>

async function ingestCall(
  call: IngestCall,
  preferences: Preferences,
  read: Pick<IngestRequest, 'entries' | 'scan' | 'pointerOf'>,
) {
  const idempotency = readIdempotencyKey(
    call.headers['idempotency-key'],
    `${call.url.pathname} ${preferences.strict}`,
    call.bytes,
  )
  return await ingest(deps, call.caller, { ...read, preferences, idempotency })
}

const preferencesOf = ({ headers }: IngestCall): Preferences => readPreferences(String(headers['prefer'] ?? ''))

serve('metrics-ingest', {
  config: config.edge,
  db,
  routes,
  handlers: {
    async one(call): Promise<Reply> {
      const preferences = preferencesOf(call)
      return oneReply(preferences, await ingestCall(call, preferences, { entries: [call.body], pointerOf: () => '' }))
    },
    async batch(call): Promise<Reply> {
      const preferences = preferencesOf(call)
      return batchReply(preferences, await ingestCall(call, preferences, await readBatch(call.bytes, preferences)))
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
