// Long work of the CPU in short pieces, with others between them.
import { setImmediate as nextTurn } from 'node:timers/promises'

/** The longest that work which pauses holds the CPU, together with one of its steps. */
const PIECE_MS = 10

/**
 * Makes the pause of one piece of work: called between steps, it gives a promise when the work has held the CPU for long, to wait for
 * others; undefined when it may go on.
 */
export function unhurried(): () => Promise<void> | undefined {
  let since = performance.now()
  return () => {
    if (performance.now() - since < PIECE_MS) return undefined
    return nextTurn().then(() => void (since = performance.now()))
  }
}
