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

/** Work of the CPU that can be interrupted: it yields between its pieces, none of which takes longer than a few milliseconds. */
export type Pieces<T> = Generator<void, T, void>

/** Does work in pieces, and lets others have their turn between them. */
export async function inPieces<T>(work: Pieces<T>): Promise<T> {
  const pause = unhurried()
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
    await pause()
  }
}

/** Does work in one piece. */
export function atOnce<T>(work: Pieces<T>): T {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
  }
}
