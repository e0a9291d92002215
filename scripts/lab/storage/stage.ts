// The state that the actors share.
import type { History } from './history.ts'
import type { Variant } from './variants.ts'
import type { CheckedSeries, CheckedTenant, CheckedWorld } from './world.ts'

export interface Stage {
  readonly world: CheckedWorld
  readonly variant: Variant
  readonly history: History
  /** Returns true while the actors must continue. */
  readonly goesOn: () => boolean
  readonly counts: Counts
  /** The cached answers of all readers, by tenant and state. */
  readonly remembered: Map<string, ReadonlyMap<string, number>>
  /** Returns a number that was not used before. */
  readonly nextValue: () => number
}

export interface Counts {
  writes: number
  unknown: number
  compactions: number
  points: number
  reads: number
  kills: number
  /** Answers that were given from memory. */
  remembered: number
  /** Partitions that were dropped. */
  months: number
  /** Failed units, by their error message. */
  readonly failures: Map<string, number>
}

/** Returns the name of a point. */
export const keyOf = (tenant: CheckedTenant, series: CheckedSeries, at: number): string =>
  `${tenant.id} ${series.id} ${at}`
