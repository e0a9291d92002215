// Records the steps of a drill and how long each one took.
import { textTable } from '../../cli/text-table.ts'

export interface Step {
  readonly what: string
  readonly ms: number
  /** The result of the step: sizes, counts. */
  readonly outcome: string
}

export interface Steps {
  readonly done: readonly Step[]
  /** Runs one step and records its time. An error of the work is rethrown with the step's name in front. */
  take<T>(what: string, work: () => Promise<T>, tell?: (result: T) => string): Promise<T>
}

export interface StepsDeps {
  readonly show: (line: string) => void
  /** A monotonic clock in milliseconds. */
  readonly elapsed: () => number
}

export function recordSteps({ show, elapsed }: StepsDeps): Steps {
  const done: Step[] = []
  return {
    done,
    async take(what, work, tell = () => '') {
      show(`${what} …`)
      const begun = elapsed()
      try {
        const result = await work()
        done.push({ what, ms: elapsed() - begun, outcome: tell(result) })
        return result
      } catch (error) {
        throw new Error(`${what}: ${(error as Error).message}`, { cause: error })
      }
    },
  }
}

/** Formats the steps for a person, one line per step. */
export const stepTable = (steps: readonly Step[]): string =>
  textTable(
    ['step', 'seconds', 'outcome'],
    steps.map(({ what, ms, outcome }) => [what, (ms / 1000).toFixed(2), outcome]),
  )
