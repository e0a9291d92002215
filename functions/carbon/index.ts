// The wiring of carbon, nothing else.
import { cursorSettings, timeLimitSettings, timeLimits } from '@penstock/shared/config/config.ts'
import { createSeriesResolver } from '@penstock/shared/points/series.ts'
import { defineSlice } from '@penstock/shared/slice/define-slice.ts'
import { counterSettings, countersOf } from './config.ts'
import { routes } from './contract.ts'
import { openCounters } from './counters.ts'
import { handlersOf, withError } from './replies.ts'

export default defineSlice({
  name: 'carbon',
  routes,
  runtime: { timeout_s: 60, memory_mib: 512, concurrency: 40, connections: 1 },
  settings: { ...cursorSettings, ...timeLimitSettings, ...counterSettings },
  open: ({ db, settings, now, newId }) =>
    handlersOf({
      db,
      now,
      newId,
      cursorKey: settings.CURSOR_KEY,
      limits: timeLimits(settings),
      counters: openCounters(countersOf(settings)),
      series: createSeriesResolver({ db, now }),
    }),
  failure: withError,
})
