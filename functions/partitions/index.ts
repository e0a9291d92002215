// The wiring of partitions, nothing else.
import { defineSlice } from '@penstock/shared/slice/define-slice.ts'
import { configOf, settings } from './config.ts'
import { routes } from './contract.ts'
import { handlersOf } from './replies.ts'

export default defineSlice({
  name: 'partitions',
  routes,
  runtime: {
    timeout_s: 1800,
    memory_mib: 512,
    concurrency: 8,
    // The other one is for the months' owner.
    connections: 2,
    maintenance: true,
    months: true,
    session: { statement_timeout: '0', lock_timeout: '5s' },
  },
  settings,
  open({ settings: given, own, ...deps }) {
    const { waitMs, limits } = configOf(given)
    return handlersOf({ ...deps, ...own, limits }, waitMs)
  },
})
