// Work for callers that are not known yet, done when nothing is left to do for those that are.
import { createFairQueue } from './fair-queue.ts'

export interface StrangerLane {
  /** Queues work and runs it when its turn comes. Addresses take turns, with one piece of work per turn. */
  enter(address: string, work: () => void): void
}

/** Maximum milliseconds of such work in one turn of the event loop, not counting the piece in progress. */
const TURN_MS = 1

/**
 * Opens an empty lane. Between two turns of it the event loop handles what has arrived for others, so a known caller waits for one turn at
 * most, however many strangers there are. A lone stranger does not wait: its turn is the next phase of the same loop.
 */
export function openStrangerLane(): StrangerLane {
  const queue = createFairQueue<() => void>()
  let isPlanned = false
  const plan = (): void => {
    isPlanned = true
    setImmediate(takeTurn)
  }
  const takeTurn = (): void => {
    isPlanned = false
    const end = performance.now() + TURN_MS
    try {
      do queue.shift()?.item()
      while (queue.waiting() > 0 && performance.now() < end)
    } finally {
      if (queue.waiting() > 0) plan()
    }
  }
  return {
    enter(address, work) {
      queue.push(address, work)
      if (!isPlanned) plan()
    },
  }
}
