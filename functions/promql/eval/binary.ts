// Evaluates operators between scalars and vectors.
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import { withoutName } from '../columns/labels.ts'
import { collect, makeSeries, type Run } from '../columns/run.ts'
import type { ScalarValue, StepSeries, Value, VectorValue } from '../columns/values.ts'
import type { Binary } from '../syntax/ast.ts'
import { isComparison } from '../syntax/tokens.ts'
import { dropsName } from './matching.ts'
import { applyOperator, compare } from './operators.ts'
import { combineSets } from './set-operators.ts'
import { matchVectors } from './vector-matching.ts'

/** Applies an operator to its evaluated sides. @throws {QueryError} when series match ambiguously. */
export function* applyBinary(run: Run, binary: Binary, left: Value, right: Value): Pieces<Value> {
  if (left.kind === 'scalar' && right.kind === 'scalar') return betweenScalars(binary, left, right)
  if (left.kind === 'vector' && right.kind === 'scalar') return yield* withScalar(run, binary, left, right, false)
  if (left.kind === 'scalar' && right.kind === 'vector') return yield* withScalar(run, binary, right, left, true)
  if (left.kind !== 'vector' || right.kind !== 'vector') throw new TypeError('a string has no operators')
  if (binary.matching.cardinality === 'many-to-many') return yield* combineSets(run, binary, left, right)
  return yield* matchVectors(run, binary, left, right)
}

function betweenScalars({ operator }: Binary, left: ScalarValue, right: ScalarValue): ScalarValue {
  const values = left.values.map((value, i) => applyOperator(operator, value, right.values[i] as number))
  return { kind: 'scalar', values }
}

function* withScalar(
  run: Run,
  { operator, returnsBool }: Binary,
  vector: VectorValue,
  scalar: ScalarValue,
  isSwapped: boolean,
): Pieces<VectorValue> {
  const results: StepSeries[] = []
  const filters = isComparison(operator) && !returnsBool
  const unnamed = dropsName(operator) || returnsBool
  for (const { labels, values, has } of vector.series) {
    const result = makeSeries(run, unnamed ? withoutName(labels) : labels, values.length)
    for (let i = 0; i < values.length; i++) {
      if (has[i] === 0) continue
      const [value, other] = [values[i] as number, scalar.values[i] as number]
      const [left, right] = isSwapped ? [other, value] : [value, other]
      if (filters && !compare(operator, left, right)) continue
      result.has[i] = 1
      result.values[i] = filters ? value : applyOperator(operator, left, right)
    }
    results.push(result)
    yield
  }
  return collect(run, results)
}
