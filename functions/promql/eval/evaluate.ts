// Evaluates an expression over a grid of steps, node by node, each with all its steps at once.
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import { withoutName } from '../columns/labels.ts'
import { distinct, makeSeries, type Run, use } from '../columns/run.ts'
import type { Grid, StepSeries, Value, VectorValue } from '../columns/values.ts'
import { bare, type Expression, type Unary } from '../syntax/ast.ts'
import { aggregate } from './aggregate.ts'
import { applyBinary } from './binary.ts'
import { callFunction } from './call.ts'
import { isFixed } from './fixed.ts'
import { select } from './select.ts'

/** Evaluates an expression that is not a range vector. @throws {QueryError} */
export function* evaluate(run: Run, expression: Expression, grid: Grid): Pieces<Value> {
  if (grid.count > 1 && isFixed(expression)) {
    return repeat(run, yield* evaluate(run, expression, { ...grid, count: 1 }), grid.count)
  }
  switch (expression.kind) {
    case 'number':
      use(run, grid.count)
      return { kind: 'scalar', values: new Float64Array(grid.count).fill(expression.value) }
    case 'string':
      return { kind: 'string', text: expression.value }
    case 'selector':
      return { kind: 'vector', series: yield* select(run, expression, grid, { times: false }) }
    case 'parentheses':
      return yield* evaluate(run, expression.inner, grid)
    case 'unary':
      return negated(run, expression, yield* evaluate(run, expression.inner, grid))
    case 'binary': {
      const left = yield* evaluate(run, expression.left, grid)
      return yield* applyBinary(run, expression, left, yield* evaluate(run, expression.right, grid))
    }
    case 'aggregation': {
      const parameter = expression.parameter && (yield* evaluate(run, bare(expression.parameter), grid))
      const vector = yield* evaluate(run, expression.inner, grid)
      return yield* aggregate(run, expression, vector as VectorValue, parameter)
    }
    case 'call':
      return yield* callFunction(run, expression, grid, evaluate)
    case 'matrix':
    case 'subquery':
      throw new TypeError('a range vector is an argument of a function')
    default:
      return expression satisfies never
  }
}

function negated(run: Run, { operator }: Unary, value: Value): Value {
  if (operator === '+' || value.kind === 'string') return value
  if (value.kind === 'scalar') return { kind: 'scalar', values: value.values.map((number) => -number) }
  const series = value.series.map((one): StepSeries => {
    use(run, one.values.length)
    return { ...one, labels: withoutName(one.labels), values: one.values.map((number) => -number) }
  })
  return distinct(series)
}

/** Repeats the value of an expression that does not depend on the step, for each step. */
function repeat(run: Run, value: Value, count: number): Value {
  if (value.kind === 'string') return value
  if (value.kind === 'scalar') {
    use(run, count)
    return { kind: 'scalar', values: new Float64Array(count).fill(value.values[0] as number) }
  }
  const series = value.series.map(({ labels, values, has }) => {
    const repeated = makeSeries(run, labels, count)
    repeated.values.fill(values[0] as number)
    repeated.has.fill(has[0] as number)
    return repeated
  })
  return { kind: 'vector', series }
}
