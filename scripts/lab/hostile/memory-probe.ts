// Preloaded into a function's process: on SIGUSR2 it collects garbage and reports its memory.

import { print } from '../../cli/output.ts'
import { PROBE_EVENT } from './probe-event.ts'

process.on('SIGUSR2', () => {
  // Run twice, because memory that finalizers release is collected the second time.
  globalThis.gc?.()
  globalThis.gc?.()
  print(JSON.stringify({ severity: 'INFO', message: PROBE_EVENT, ...process.memoryUsage() }))
})
