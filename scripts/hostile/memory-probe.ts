// Preloaded into a function's process: on SIGUSR2 it collects its garbage and says what memory it holds.
import { PROBE_EVENT } from './memory.ts'

process.on('SIGUSR2', () => {
  // Twice: what finalizers let go of is collected the second time.
  globalThis.gc?.()
  globalThis.gc?.()
  console.log(JSON.stringify({ severity: 'INFO', message: PROBE_EVENT, ...process.memoryUsage() }))
})
