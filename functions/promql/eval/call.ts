// Evaluates calls of functions.
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import { withoutName } from '../columns/labels.ts'
import { collect, type Run, use } from '../columns/run.ts'
import type { Grid, ScalarValue, Value, VectorValue } from '../columns/values.ts'
import { calendar } from '../functions/calendar.ts'
import { histogramQuantile } from '../functions/histogram.ts'
import { mathematics, roundTo } from '../functions/mathematics.ts'
import { joinLabels, replaceLabel } from '../functions/relabel.ts'
import {
  mapLabels,
  mapValues,
  secondsOf,
  sortByValue,
  toScalar,
  toVector,
  whereAbsent,
} from '../functions/vector-functions.ts'
import { bare, type Call, type Expression } from '../syntax/ast.ts'
import { typeOf } from '../syntax/check.ts'
import { absentLabels } from './absent-labels.ts'
import { type Evaluate, overRange } from './over-range.ts'
import { select } from './select.ts'

/** Evaluates the arguments of a function and applies it. @throws {QueryError} for arguments that the function does not take. */
export function* callFunction(run: Run, call: Call, grid: Grid, evaluate: Evaluate): Pieces<Value> {
  if (call.args.some((argument) => typeOf(argument) === 'matrix')) return yield* overRange(run, call, grid, evaluate)
  if (call.name === 'timestamp') {
    const argument = bare(call.args[0] as Expression)
    if (argument.kind === 'selector') return yield* timesOf(run, yield* select(run, argument, grid, { times: true }))
  }
  const values: Value[] = []
  for (const argument of call.args) values.push(yield* evaluate(run, argument, grid))
  return yield* apply({ run, call, grid }, values)
}

function* timesOf(run: Run, series: VectorValue['series']): Pieces<VectorValue> {
  yield
  return collect(
    run,
    series.map((one) => ({ ...one, labels: withoutName(one.labels) })),
  )
}

interface Context {
  readonly run: Run
  readonly call: Call
  readonly grid: Grid
}

function* apply({ run, call, grid }: Context, values: readonly Value[]): Pieces<Value> {
  const { name } = call
  const vector = (place = 0): VectorValue => values[place] as VectorValue
  const scalar = (place: number): Float64Array => (values[place] as ScalarValue).values
  const compute = mathematics.get(name)
  if (compute) return yield* mapValues(run, vector(), compute)
  switch (name) {
    case 'time':
      return seconds(run, grid)
    case 'pi':
      return { kind: 'scalar', values: new Float64Array(grid.count).fill(Math.PI) }
    case 'scalar':
      return toScalar(vector(), grid)
    case 'vector':
      return toVector(values[0] as ScalarValue)
    case 'absent':
      return whereAbsent(run, vector(), absentLabels(bare(call.args[0] as Expression)), grid)
    case 'sort':
      return sortByValue(vector(), 1, grid)
    case 'sort_desc':
      return sortByValue(vector(), -1, grid)
    case 'timestamp': {
      const times = secondsOf(grid)
      return yield* mapValues(run, vector(), (_, i) => times[i])
    }
    case 'histogram_quantile':
      return yield* histogramQuantile(run, scalar(0), vector(1))
    case 'label_replace':
      return mapLabels(run, vector(), replaceLabel(textsOf(values)))
    case 'label_join':
      return mapLabels(run, vector(), joinLabels(textsOf(values)))
    case 'clamp':
    case 'clamp_min':
    case 'clamp_max':
    case 'round':
      return yield* mapValues(
        run,
        vector(),
        limiting(
          name,
          values.slice(1).map((_, i) => scalar(i + 1)),
        ),
      )
    default:
      return yield* applyCalendar({ run, call, grid }, values)
  }
}

const seconds = (run: Run, grid: Grid): ScalarValue => {
  use(run, grid.count)
  return { kind: 'scalar', values: secondsOf(grid) }
}

const textsOf = (values: readonly Value[]): readonly string[] =>
  values.flatMap((value) => (value.kind === 'string' ? [value.text] : []))

function limiting(
  name: 'clamp' | 'clamp_min' | 'clamp_max' | 'round',
  [first, second]: readonly Float64Array[],
): (value: number, step: number) => number | undefined {
  const given = (step: number): number => first?.[step] as number
  if (name === 'round') return (value, step) => roundTo(value, first ? given(step) : 1)
  if (name === 'clamp_min') return (value, step) => Math.max(given(step), value)
  if (name === 'clamp_max') return (value, step) => Math.min(given(step), value)
  return (value, step) => {
    const [least, most] = [given(step), second?.[step] as number]
    return most < least ? undefined : Math.max(least, Math.min(most, value))
  }
}

/** Functions of the calendar take the time of the step when they have no argument. Those of native histograms find none. */
function* applyCalendar({ run, call, grid }: Context, values: readonly Value[]): Pieces<Value> {
  const compute = calendar.get(call.name)
  if (!compute) return { kind: 'vector', series: [] }
  if (values.length > 0) return yield* mapValues(run, values[0] as VectorValue, compute)
  return toVector({ kind: 'scalar', values: seconds(run, grid).values.map(compute) })
}
