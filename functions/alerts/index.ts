// The wiring of alerts, nothing else.
import { defineSlice } from '@penstock/shared/slice/define-slice.ts'
import { configOf, settings } from './config.ts'
import { routes } from './contract.ts'
import { handlersOf } from './replies.ts'

export default defineSlice({
  name: 'alerts',
  routes,
  runtime: { timeout_s: 60, memory_mib: 512, concurrency: 40, connections: 1 },
  settings,
  open({ settings: given, ...deps }) {
    return handlersOf({ ...deps, limits: configOf(given).limits })
  },
})
