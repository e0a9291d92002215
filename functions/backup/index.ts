// The wiring of backups, nothing else.
import { openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { defineSlice } from '@penstock/shared/slice/define-slice.ts'
import { openSqlAdmin } from './cloud/sql-admin.ts'
import { configOf, settings } from './config.ts'
import { routes } from './contract.ts'
import { handlersOf } from './replies.ts'

export default defineSlice({
  name: 'backup',
  routes,
  runtime: { timeout_s: 1800, memory_mib: 512, concurrency: 8, connections: 1, maintenance: true },
  settings,
  open({ settings: given, own, ...deps }) {
    const { isBackedUp, storage, waitMs, adminEndpoint, metadataHost, ...config } = configOf(
      given,
      deps.platform.project,
    )
    const { project, instance } = config.place
    const service = { project, instance, endpoint: adminEndpoint, metadataHost, now: deps.now }
    const admin = isBackedUp ? openSqlAdmin(service) : undefined
    return handlersOf(
      {
        ...deps,
        ...config,
        random: () => Number.parseInt(deps.newId().slice(0, 8), 16) / 2 ** 32,
        onCopy: own.onCopy,
        admin,
        store: openArchiveStore(storage),
      },
      waitMs,
    )
  },
})
