// The interface of an experiment.
import type { Dataset } from './dataset.ts'
import type { LoadGenerator } from './load.ts'
import type { Turns } from './measure.ts'
import type { Row } from './row.ts'
import type { Stage } from './stage.ts'

export interface Bench {
  readonly stage: Stage
  readonly load: LoadGenerator
  readonly turns: Turns
  /** Loads it when it is first asked for. Experiments that write come before: they clear it away. */
  readonly dataset: () => Promise<Dataset>
}

/** Figures that are measured together. */
export interface Experiment {
  /** The rows that it gives, in their order. A name never changes once given. */
  readonly names: readonly string[]
  /** Description of the measurement, in a sentence. */
  readonly what: string
  /** Takes long or tells little: only by name. */
  readonly isHeavy?: true
  /** Gives the rows of these names at least; clears away the points that it does not leave for others. */
  run(bench: Bench, wanted: ReadonlySet<string>): Promise<readonly Row[]>
}
