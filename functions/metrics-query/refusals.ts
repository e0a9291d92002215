// Refusals of aggregates, with advice on what to change.
import { Problem, type ProblemKind } from '@penstock/shared/base/problem.ts'
import { ambiguousUnit } from './filters-contract.ts'

const NAMED_UNITS = 10

/** Makes the refusal of a request for too much of something; it points at the parameter to change. */
export const refused = (kind: ProblemKind, pointer: string, what: string): Problem => {
  const way = 'choose a longer interval or a shorter range, or narrow it by unit= and labels.<name>='
  return new Problem(kind, `${what}: ${way}`, { errors: [{ pointer, detail: `${what}: ${way}` }] })
}

/** Checks that there is only one unit. @throws {Problem} 422 `ambiguous_unit` when there are several. */
export function refuseSeveralUnits(units: Iterable<string>): void {
  const all = [...units].toSorted()
  if (all.length < 2) return
  const named = all.slice(0, NAMED_UNITS).map((unit) => JSON.stringify(unit))
  const more = all.length > NAMED_UNITS ? ` and ${all.length - NAMED_UNITS} more` : ''
  const detail = `must be given: the points have the units ${named.join(', ')}${more}`
  throw new Problem(ambiguousUnit, `unit ${detail}`, { errors: [{ pointer: '?unit', detail }] })
}
