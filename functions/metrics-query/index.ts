// The wiring of metrics-query, nothing else.
import { openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { openCache } from '@penstock/shared/cache/open-cache.ts'
import { openDatabase } from '@penstock/shared/database/database.ts'
import { serve } from '@penstock/shared/http/edge.ts'
import { openPointIds } from '@penstock/shared/points/point-id.ts'
import { loadConfig } from './config.ts'
import { routes } from './contract.ts'
import { defaultLimits } from './limits.ts'
import { openArchive } from './months/archive-reading.ts'
import { openSeriesMemory } from './range/point-template.ts'
import { handlersOf } from './replies.ts'
import { openEndsMemory } from './series/archive-ends.ts'

const config = loadConfig(process.env)
const db = openDatabase('metrics-query', config.database)
// A caller is waiting: what storage cannot deliver in a few seconds is answered with 503.
const store = openArchiveStore(config.archive, { attempts: 3, pauseMs: 100, timeoutMs: 5_000 })
const deps = {
  db,
  now: Date.now,
  cursorKey: config.cursorKey,
  limits: defaultLimits,
  seriesMemory: openSeriesMemory(openPointIds(config.pointIdKey)),
  archive: openArchive(store, defaultLimits),
  endsMemory: openEndsMemory(),
  cache: openCache(config.cache),
}

serve('metrics-query', { config: config.edge, db, routes, handlers: handlersOf(deps) })
