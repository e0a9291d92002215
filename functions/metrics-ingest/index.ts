// The wiring of both entries, nothing else.
import { tenantFinder } from '@penstock/shared/auth/tenants.ts'
import { pointIdSettings, timeLimitSettings, timeLimits } from '@penstock/shared/config/config.ts'
import { openPointIds } from '@penstock/shared/points/point-id.ts'
import { createSeriesResolver } from '@penstock/shared/points/series.ts'
import { defineSlice, type SliceDeps } from '@penstock/shared/slice/define-slice.ts'
import { pushRoutes, routes } from './contract.ts'
import { foreignFailure, foreignHandlers } from './protocols/foreign-routes.ts'
import { takePush } from './push/push-handler.ts'
import { batch, one } from './replies.ts'
import { createStamps } from './stamps.ts'
import { createWriter } from './writer.ts'

const settings = { ...timeLimitSettings, ...pointIdSettings }

const ingestDeps = ({ db, now, takePoints, usage, settings: given }: SliceDeps<typeof settings>) => ({
  db,
  now,
  limits: timeLimits(given),
  pointIds: openPointIds(given.POINT_ID_KEY),
  stamp: createStamps({ db, now }),
  series: createSeriesResolver({ db, now }),
  store: createWriter({ db, now }),
  takePoints,
  usage,
  findTenant: tenantFinder({ db, clock: now }),
})

export default defineSlice({
  name: 'metrics-ingest',
  routes,
  runtime: { timeout_s: 60, memory_mib: 512, concurrency: 80, connections: 1 },
  settings,
  open(given) {
    const deps = ingestDeps(given)
    return { one: (call) => one(deps, call), batch: (call) => batch(deps, call), ...foreignHandlers(deps) }
  },
  failure: foreignFailure,
  entries: {
    push: {
      routes: pushRoutes,
      open(given) {
        const deps = ingestDeps(given)
        return {
          async push({ caller, headers, bytes, query }) {
            await takePush(deps, caller, {
              headers,
              body: bytes,
              tenant: query.tenant,
              multiTenant: query.multi === '1',
            })
            return { status: 204 }
          },
        }
      },
    },
  },
})
