// The wiring of identity, nothing else.

import { createSeriesResolver } from '@penstock/shared/points/series.ts'
import { defineSlice } from '@penstock/shared/slice/define-slice.ts'
import { settings } from './config.ts'
import { routes } from './contract.ts'
import { demoRate } from './demo.ts'
import { handlersOf } from './replies.ts'

export default defineSlice({
  name: 'identity',
  routes,
  runtime: { timeout_s: 60, memory_mib: 512, concurrency: 40, connections: 1 },
  settings,
  open: ({ settings: given, ...deps }) =>
    handlersOf({
      ...deps,
      series: createSeriesResolver(deps),
      isDemo: given.DEMO === '1',
      takeDemo: demoRate(deps.now),
    }),
})
