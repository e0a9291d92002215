// Evaluates arithmetic and comparisons between vectors, by one-to-one or many-to-one matching.
import type { Pieces } from '@penstock/shared/base/unhurried.ts'
import { formatLabels, type Labels } from '../columns/labels.ts'
import { collect, makeSeries, type Run } from '../columns/run.ts'
import type { StepSeries, VectorValue } from '../columns/values.ts'
import type { Binary } from '../syntax/ast.ts'
import { executionError } from '../syntax/query-error.ts'
import { isComparison } from '../syntax/tokens.ts'
import { groupsOf, type MatchGroup, matchedLabels, resultLabels } from './matching.ts'
import { applyOperator, compare } from './operators.ts'

/** Applies an operator to matching series. @throws {QueryError} when a series has several partners at a step where the matching allows one. */
export function* matchVectors(run: Run, binary: Binary, left: VectorValue, right: VectorValue): Pieces<VectorValue> {
  const isSwapped = binary.matching.cardinality === 'one-to-many'
  const [many, one] = isSwapped ? [right, left] : [left, right]
  const results: Result[] = []
  const groups = [...groupsOf(binary.matching, many.series, one.series).values()]
  refuseDuplicates(binary, groups, many, one)
  for (const group of groups) {
    results.push(...matchGroup(run, binary, group, isSwapped))
    yield
  }
  return collect(run, inOrder(many, results))
}

interface Result {
  /** The series of the "many" side that the result replaces. */
  readonly source: StepSeries
  readonly series: StepSeries
}

/** Orders results as the "many" side is ordered, which an instant query shows. */
function inOrder({ series }: VectorValue, results: readonly Result[]): readonly StepSeries[] {
  const places = new Map(series.map((one, i) => [one, i]))
  const place = ({ source }: Result): number => places.get(source) ?? 0
  return results.toSorted((a, b) => place(a) - place(b)).map((result) => result.series)
}

function stepsOfBoth(a: VectorValue, b: VectorValue): (step: number) => boolean {
  const any = ({ series }: VectorValue, step: number): boolean => series.some(({ has }) => has[step] === 1)
  return (step) => any(a, step) && any(b, step)
}

/**
 * Two series of the "one" side may have the same labels as long as they never have values at one step.
 * @throws {QueryError} for the first duplicate of the first step that has one.
 */
function refuseDuplicates(
  { matching }: Binary,
  groups: Iterable<MatchGroup>,
  many: VectorValue,
  one: VectorValue,
): void {
  const places = new Map(one.series.map((series, i) => [series, i]))
  let first: Duplicate | undefined
  for (const { right } of groups) {
    if (right.length < 2) continue
    const found = duplicateOf(right, stepsOfBoth(many, one))
    if (!found) continue
    const order = found.step - (first?.step ?? Number.POSITIVE_INFINITY)
    const place = (duplicate: Duplicate): number => places.get(duplicate.again) ?? 0
    if (first === undefined || order < 0 || (order === 0 && place(found) < place(first))) first = found
  }
  if (!first) return
  const group = formatLabels(matchedLabels(matching, first.again.labels))
  const side = matching.cardinality === 'one-to-many' ? 'left' : 'right'
  throw executionError(
    `found duplicate series for the match group ${group} on the ${side} hand-side of the operation: ` +
      `[${formatLabels(first.again.labels)}, ${formatLabels(first.known.labels)}]` +
      ';many-to-many matching not allowed: matching labels must be unique on one side',
  )
}

interface Duplicate {
  readonly step: number
  readonly known: StepSeries
  readonly again: StepSeries
}

function duplicateOf(right: readonly StepSeries[], bothPresent: (step: number) => boolean): Duplicate | undefined {
  const count = right[0]?.has.length ?? 0
  for (let step = 0; step < count; step++) {
    const [known, again] = right.filter(({ has }) => has[step] === 1)
    if (known && again && bothPresent(step)) return { step, known, again }
  }
  return undefined
}

function matchGroup(
  run: Run,
  binary: Binary,
  { left: many, right: ones }: MatchGroup,
  isSwapped: boolean,
): readonly Result[] {
  const results = new Map<string, Result>()
  const isShared = binary.matching.cardinality === 'one-to-one' && many.length > 1
  const matched = isShared ? new Uint8Array(many[0]?.has.length ?? 0) : undefined
  for (const source of many) {
    for (const one of ones) {
      const labels = resultLabels(binary.operator, binary.matching, binary.returnsBool, source.labels, one.labels)
      const target = (): StepSeries => targetOf(run, results, source, labels)
      pairUp(binary, isSwapped ? [one, source] : [source, one], target, matched)
    }
  }
  return [...results.values()]
}

function targetOf(run: Run, results: Map<string, Result>, source: StepSeries, labels: Labels): StepSeries {
  const known = results.get(labels.key)
  if (known) return known.series
  const series = makeSeries(run, labels, source.has.length)
  results.set(labels.key, { source, series })
  return series
}

/** Applies the operator at the steps at which both series have a value. `matched` marks the steps at which the group has a result. */
function pairUp(
  { operator, returnsBool, matching }: Binary,
  [left, right]: readonly [StepSeries, StepSeries],
  target: () => StepSeries,
  matched: Uint8Array | undefined,
): void {
  const filters = isComparison(operator) && !returnsBool
  let result: StepSeries | undefined
  for (let i = 0; i < left.has.length; i++) {
    if (left.has[i] === 0 || right.has[i] === 0) continue
    const [a, b] = [left.values[i] as number, right.values[i] as number]
    if (filters && !compare(operator, a, b)) continue
    result ??= target()
    if (result.has[i] === 1 || matched?.[i] === 1) {
      const rule =
        matching.cardinality === 'one-to-one'
          ? 'many-to-one matching must be explicit (group_left/group_right)'
          : 'grouping labels must ensure unique matches'
      throw executionError(`multiple matches for labels: ${rule}`)
    }
    if (matched) matched[i] = 1
    result.has[i] = 1
    result.values[i] = filters ? a : applyOperator(operator, a, b)
  }
}
