import { setTimeout as sleep } from 'node:timers/promises'
import type { Stage } from '../stage.ts'

/** Does one unit of an actor's work. A failure is counted by its message, and the actor continues with its next unit. */
export async function attempt(stage: Stage, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const { message } = error as Error
    stage.counts.failures.set(message, (stage.counts.failures.get(message) ?? 0) + 1)
    await sleep(5)
  }
}
