// Splits long CPU work into short pieces, so that other requests run in between.
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Maximum milliseconds that such work holds the CPU, not counting the step in progress. */
const PIECE_MS = 10

/**
 * Makes the pause function of one piece of work. Call it between steps: it returns a promise to await when the work has held the CPU for
 * long enough, and undefined when the work may continue.
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
