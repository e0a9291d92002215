// The wiring of productions, nothing else.
import { cursorSettings } from '@penstock/shared/config/config.ts'
import { defineSlice } from '@penstock/shared/slice/define-slice.ts'
import { routes } from './contract.ts'
import { handlersOf } from './replies.ts'

export default defineSlice({
  name: 'productions',
  routes,
  runtime: { timeout_s: 60, memory_mib: 512, concurrency: 80, connections: 1 },
  settings: cursorSettings,
  open: ({ db, settings }) => handlersOf({ db, cursorKey: settings.CURSOR_KEY }),
})
