// Records the steps of a drill and how long each one took.
import { textTable } from '../../cli/text-table.ts'

export interface Step {
  readonly what: string
  readonly ms: number
  /** Result of the step: sizes, counts. */
  readonly outcome: string
}

export interface Steps {
  readonly done: readonly Step[]
  /** Does one step and keeps its time. What the work throws is thrown on, with the step's name in front. */
  take<T>(what: string, work: () => Promise<T>, tell?: (result: T) => string): Promise<T>
}

export interface StepsDeps {
  readonly show: (line: string) => void
  /** Milliseconds that only rise. */
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

/** For a person: one line a step. */
export const stepTable = (steps: readonly Step[]): string =>
  textTable(
    ['step', 'seconds', 'outcome'],
    steps.map(({ what, ms, outcome }) => [what, (ms / 1000).toFixed(2), outcome]),
  )
