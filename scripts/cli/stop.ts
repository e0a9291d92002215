// When a program ends before its command does: a signal asked it to, or nobody reads its output any more.
import { whenUnwritable } from './output.ts'

const stop = new AbortController()
let isAwaited = false

/**
 * Returns a signal that aborts when SIGINT, SIGTERM or SIGHUP asks the program to stop. The process then continues until its command has
 * cleaned up. A command calls it when it begins, never when its module is loaded: another command may load the module. `again` is
 * called for every later request.
 */
export function stopSignal(again: () => void = () => {}): AbortSignal {
  isAwaited = true
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => (stop.signal.aborted ? again() : stop.abort()))
  return stop.signal
}

/**
 * Ends the program once its output cannot be written, as in `penstock … | head`: quietly with 0 without a reader of stdout, with 1
 * without a reader of stderr. A command that cleans up is asked to stop. Without these listeners a failed write is an uncaught
 * exception, whose report fails in the same way, forever.
 */
export function endWithoutReader(): void {
  whenUnwritable({ stdout: () => endWith(0), stderr: () => endWith(1) })
}

function endWith(code: number): void {
  if (!isAwaited) process.exit(code)
  stop.abort()
}
