// The functions of PromQL with the types of their arguments.
import type { ValueType } from './ast.ts'

export interface Signature {
  readonly args: readonly ValueType[]
  /** The number of last arguments that may be left out; a negative one allows any number of the last argument. */
  readonly optional: number
  readonly returns: ValueType
}

const signature = (args: readonly ValueType[], optional = 0, returns: ValueType = 'vector'): Signature => ({
  args,
  optional,
  returns,
})

const split = (names: string): readonly string[] => names.trim().split(/\s+/)
const ofVector = split(`
  abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_count histogram_sum ln log10 log2
  rad sgn sin sinh sort sort_desc sqrt tan tanh timestamp`)
const ofTime = split('days_in_month day_of_month day_of_week day_of_year hour minute month year')
const ofRange = split(`
  absent_over_time avg_over_time changes count_over_time delta deriv idelta increase irate last_over_time max_over_time
  min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time`)

export const signatures: ReadonlyMap<string, Signature> = new Map<string, Signature>([
  ...ofVector.map((name) => [name, signature(['vector'])] as const),
  ...ofTime.map((name) => [name, signature(['vector'], 1)] as const),
  ...ofRange.map((name) => [name, signature(['matrix'])] as const),
  ['clamp', signature(['vector', 'scalar', 'scalar'])],
  ['clamp_max', signature(['vector', 'scalar'])],
  ['clamp_min', signature(['vector', 'scalar'])],
  ['histogram_fraction', signature(['scalar', 'scalar', 'vector'])],
  ['histogram_quantile', signature(['scalar', 'vector'])],
  ['holt_winters', signature(['matrix', 'scalar', 'scalar'])],
  ['label_replace', signature(['vector', 'string', 'string', 'string', 'string'])],
  ['label_join', signature(['vector', 'string', 'string', 'string'], -1)],
  ['pi', signature([], 0, 'scalar')],
  ['predict_linear', signature(['matrix', 'scalar'])],
  ['quantile_over_time', signature(['scalar', 'matrix'])],
  ['round', signature(['vector', 'scalar'], 1)],
  ['scalar', signature(['vector'], 0, 'scalar')],
  ['time', signature([], 0, 'scalar')],
  ['vector', signature(['scalar'])],
])
