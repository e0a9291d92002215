import { setTimeout as sleep } from 'node:timers/promises'
import type { Stage } from './stage.ts'

/** Does one unit of an actor's work; counts a failure by its message, because the actor goes on to its next unit. */
export async function attempt(stage: Stage, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const { message } = error as Error
    stage.counts.failures.set(message, (stage.counts.failures.get(message) ?? 0) + 1)
    await sleep(5)
  }
}
