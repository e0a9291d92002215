// The wiring of retention, nothing else.
import { openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { defineSlice } from '@penstock/shared/slice/define-slice.ts'
import { configOf, settings } from './config.ts'
import { routes } from './contract.ts'
import { handlersOf } from './replies.ts'

export default defineSlice({
  name: 'retention',
  routes,
  runtime: {
    timeout_s: 1800,
    memory_mib: 512,
    concurrency: 8,
    // One is in the pool. The other one is for work that a pooled connection cannot do, one piece at a time.
    connections: 2,
    maintenance: true,
    months: true,
    session: { statement_timeout: '0', lock_timeout: '5s' },
  },
  settings,
  open({ settings: given, own, ...deps }) {
    const { archive, waitMs, days, limits } = configOf(given)
    return handlersOf({ ...deps, ...own, store: openArchiveStore(archive), days, limits }, waitMs)
  },
})
