// Something that the reader does once: its progress, and why it failed.
import { useSignal } from '@preact/signals'
import { type Failure, failureOf } from './failure.ts'

export interface Action {
  readonly isRunning: boolean
  readonly failure: Failure | undefined
  /** Does the work unless it is being done, and returns true when it succeeded. */
  readonly run: (work: () => Promise<void>) => Promise<boolean>
  /** Forgets the failure. */
  readonly clear: () => void
}

/** Makes the state of an action of a component. */
export function useAction(): Action {
  const isRunning = useSignal(false)
  const failure = useSignal<Failure | undefined>(undefined)
  const run = async (work: () => Promise<void>): Promise<boolean> => {
    if (isRunning.peek()) return false
    isRunning.value = true
    failure.value = undefined
    try {
      await work()
      return true
    } catch (error) {
      failure.value = failureOf(error)
      return false
    } finally {
      isRunning.value = false
    }
  }
  return { isRunning: isRunning.value, failure: failure.value, run, clear: () => (failure.value = undefined) }
}
