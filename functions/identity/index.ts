// The wiring of identity, nothing else.
import { defineSlice } from '@penstock/shared/slice/define-slice.ts'
import { routes } from './contract.ts'
import { handlersOf } from './replies.ts'

export default defineSlice({
  name: 'identity',
  routes,
  runtime: { timeout_s: 60, memory_mib: 512, concurrency: 40, connections: 1 },
  open: handlersOf,
})
