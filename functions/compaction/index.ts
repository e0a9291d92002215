// The wiring of compaction, nothing else.
import { defineSlice } from '@penstock/shared/slice/define-slice.ts'
import { configOf, settings } from './config.ts'
import { routes } from './contract.ts'
import { handlersOf } from './replies.ts'

export default defineSlice({
  name: 'compaction',
  routes,
  runtime: {
    timeout_s: 1800,
    memory_mib: 512,
    concurrency: 8,
    connections: 1,
    maintenance: true,
    session: { statement_timeout: '0', lock_timeout: '30s', idle_in_transaction_session_timeout: '60s' },
  },
  settings,
  open({ settings: given, ...deps }) {
    const { waitMs, limits } = configOf(given)
    return handlersOf({ ...deps, limits }, waitMs)
  },
})
