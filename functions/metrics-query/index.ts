// The wiring of metrics-query, nothing else.
import { openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { archiveConfig } from '@penstock/shared/config/config.ts'
import { openPointIds } from '@penstock/shared/points/point-id.ts'
import { openArchive } from '@penstock/shared/reading/archive-reading.ts'
import { defineSlice } from '@penstock/shared/slice/define-slice.ts'
import { settings } from './config.ts'
import { routes } from './contract.ts'
import { defaultLimits } from './limits.ts'
import { openSeriesMemory } from './range/point-template.ts'
import { handlersOf } from './replies.ts'

export default defineSlice({
  name: 'metrics-query',
  routes,
  runtime: { timeout_s: 60, memory_mib: 512, concurrency: 40, connections: 1 },
  settings,
  cache: true,
  open({ settings: given, ...deps }) {
    // A caller is waiting: what storage cannot deliver in a few seconds is answered with 503.
    const store = openArchiveStore(archiveConfig(given), { attempts: 3, pauseMs: 100, timeoutMs: 5_000 })
    return handlersOf({
      ...deps,
      cursorKey: given.CURSOR_KEY,
      limits: defaultLimits,
      seriesMemory: openSeriesMemory(openPointIds(given.POINT_ID_KEY)),
      archive: openArchive(store, defaultLimits),
    })
  },
})
