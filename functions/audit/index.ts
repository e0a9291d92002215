// The wiring of audit, nothing else.
import { openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { defineSlice } from '@penstock/shared/slice/define-slice.ts'
import { configOf, settings } from './config.ts'
import { routes } from './contract.ts'
import { handlersOf } from './replies.ts'

export default defineSlice({
  name: 'audit',
  routes,
  // Tenants call it, so it is not maintenance. Only the transactions of operators take the role that sees every tenant.
  runtime: { timeout_s: 60, memory_mib: 512, concurrency: 16, connections: 1, auditor: true },
  settings,
  open({ settings: given, ...deps }) {
    const { store, waitMs, limits } = configOf(given)
    return handlersOf({ ...deps, limits, cursorKey: given.CURSOR_KEY, store: openArchiveStore(store) }, waitMs)
  },
})
