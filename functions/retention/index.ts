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
    connections: 1,
    maintenance: true,
    months: true,
    session: { statement_timeout: '0', lock_timeout: '5s' },
  },
  settings,
  open({ settings: given, ...deps }) {
    const { archive, waitMs, days, limits } = configOf(given)
    return handlersOf({ ...deps, store: openArchiveStore(archive), days, limits }, waitMs)
  },
})
