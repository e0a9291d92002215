// Preloaded into a function's process: on SIGUSR2 it collects its garbage and says what memory it holds.

import { print } from '../../cli/output.ts'
import { PROBE_EVENT } from './probe-event.ts'

process.on('SIGUSR2', () => {
  // Twice: what finalizers let go of is collected the second time.
  globalThis.gc?.()
  globalThis.gc?.()
  print(JSON.stringify({ severity: 'INFO', message: PROBE_EVENT, ...process.memoryUsage() }))
})
