// The interface of an experiment.
import type { Tier } from '@penstock/shared/config/tier.ts'
import type { Dataset } from './dataset.ts'
import type { LoadGenerator } from './load.ts'
import type { Turns } from './measure.ts'
import type { Row } from './row.ts'
import type { Stage } from './stage.ts'

export interface Bench {
  /** The stage of the tier standard. */
  readonly stage: Stage
  /** Opens the stage of a tier on first use. */
  readonly stageOf: (tier: Tier) => Promise<Stage>
  readonly load: LoadGenerator
  readonly turns: Turns
  /** Loads the data set on first use. Experiments that write must run before, because they remove it. */
  readonly dataset: () => Promise<Dataset>
}

/** A group of figures that are measured together. */
export interface Experiment {
  /** The names of its rows, in order. A published name never changes. */
  readonly names: readonly string[]
  /** Description of the measurement in one sentence. */
  readonly what: string
  /** True for an experiment that takes long or shows little: it runs only by name. */
  readonly isHeavy?: true
  /** Returns at least the rows with these names; removes the points that it does not leave for others. */
  run(bench: Bench, wanted: ReadonlySet<string>): Promise<readonly Row[]>
}
