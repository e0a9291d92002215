// The wiring of the console, nothing else.
import { defineSlice } from '@penstock/shared/slice/define-slice.ts'
import document from '../../openapi.json' with { type: 'json' }
import { routes } from './contract.ts'
import type { ApiDocument } from './document.ts'
import { handlersOf } from './replies.ts'

export default defineSlice({
  name: 'console',
  routes,
  runtime: { timeout_s: 60, memory_mib: 512, concurrency: 80, connections: 0 },
  open: () => handlersOf(document as unknown as ApiDocument),
})
