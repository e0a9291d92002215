// One loop for everything that is attempted more than once.
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Decides after a failed attempt (the first has number 1): returns the milliseconds to wait before the next attempt, or undefined to
 * rethrow the error. It may throw another error instead.
 */
export type PauseAfter = (error: unknown, attempt: number) => number | undefined

/** Repeats an attempt until it succeeds or `pauseAfter` gives up. The policy must bound the number of attempts. */
export async function retry<T>(pauseAfter: PauseAfter, attempt: () => Promise<T>): Promise<T> {
  for (let number = 1; ; number++) {
    try {
      return await attempt()
    } catch (error) {
      const pauseMs = pauseAfter(error, number)
      if (pauseMs === undefined) throw error
      await sleep(pauseMs)
    }
  }
}
