// The values of expressions as columns: a series has a cell for each step.
import type { Labels } from './labels.ts'

/** The steps at which an expression is evaluated, in ms. */
export interface Grid {
  readonly start: number
  readonly step: number
  readonly count: number
}

export const makeGrid = (start: number, end: number, step: number): Grid => ({
  start,
  step,
  count: end < start ? 0 : Math.floor((end - start) / step) + 1,
})

export const stepAt = ({ start, step }: Grid, i: number): number => start + i * step

/** A series as it is stored: its points in ascending order of time. */
export interface StoredSeries {
  readonly labels: Labels
  /** Milliseconds since 1970, with fractions. */
  readonly at: Float64Array
  readonly value: Float64Array
}

/** A series by steps. */
export interface StepSeries {
  readonly labels: Labels
  readonly values: Float64Array
  /** One element per step: 1 where the series has a value, 0 elsewhere. */
  readonly has: Uint8Array
}

export interface ScalarValue {
  readonly kind: 'scalar'
  readonly values: Float64Array
}
export interface VectorValue {
  readonly kind: 'vector'
  /** Series with a value at one step or more. */
  readonly series: readonly StepSeries[]
}
export interface TextValue {
  readonly kind: 'string'
  readonly text: string
}
export type Value = ScalarValue | VectorValue | TextValue

/** Returns a series by steps in the form of a stored one. */
export function asStored({ labels, values, has }: StepSeries, grid: Grid): StoredSeries {
  let length = 0
  for (const present of has) length += present
  const at = new Float64Array(length)
  const value = new Float64Array(length)
  let to = 0
  for (let i = 0; i < has.length; i++) {
    if (has[i] === 0) continue
    at[to] = stepAt(grid, i)
    value[to++] = values[i] as number
  }
  return { labels, at, value }
}

export const hasAny = ({ has }: StepSeries): boolean => has.includes(1)
