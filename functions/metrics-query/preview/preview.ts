// Tries an alert rule on stored history, archived months too. Nothing is written.
import { replayRule } from '@penstock/shared/alerts/replay.ts'
import { unitsWithPoints } from '@penstock/shared/alerts/rule-points.ts'
import type { AlertPreview, AlertPreviewRequest } from '@penstock/shared/alerts/rule-schema.ts'
import { findRuleSeries, MOST_SERIES } from '@penstock/shared/alerts/rule-series.ts'
import { pointsByGroup, rangeOfWindows } from '@penstock/shared/alerts/windows.ts'
import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { Problem } from '@penstock/shared/base/problem.ts'
import type { AcrossDeps } from '@penstock/shared/reading/across-objects.ts'
import { readRangePoints } from '@penstock/shared/reading/range-points.ts'
import { previewTooLarge } from '../contract.ts'
import { ambiguousUnit } from '../filters-contract.ts'

/** Maximum points of a preview: 1,000,000 take 16 MB, and in the worst case a second to aggregate. */
const MOST_POINTS = 1_000_000
/** Maximum evaluations of all groups together. */
const MOST_EVALUATIONS = 200_000
const MOST_TRANSITIONS = 10_000

/**
 * Evaluates a rule at each step of a range of the past.
 * @throws {Problem} 422 when the points have several units, and when the rule or the range needs too much; 503 when the archive is needed
 * and does not answer.
 */
export async function preview(
  deps: AcrossDeps,
  { tenant }: Pick<TenantPrincipal, 'tenant'>,
  { rule, start_time, end_time, step_seconds }: AlertPreviewRequest,
): Promise<AlertPreview> {
  const tenantId = tenant.id
  const series = await deps.db.read(tenantId, (tx) => findRuleSeries(tx, tenantId, rule, MOST_SERIES + 1))
  if (series.length > MOST_SERIES) throw tooLarge('/rule/labels', `more than ${MOST_SERIES} series match`)
  const { from } = rangeOfWindows(rule, start_time)
  const refusePoints = () => tooLarge('/end_time', `the range has more than ${MOST_POINTS} points`)
  const limit = { points: MOST_POINTS, refuse: refusePoints }
  const points = await readRangePoints(deps, { tenantId, series, from, to: end_time }, limit)
  refuseUnits(unitsWithPoints(series, points))
  const groups = pointsByGroup(rule, series, points)
  const steps = 1 + Math.floor((end_time - start_time) / (step_seconds * 1_000_000))
  if (steps * groups.size > MOST_EVALUATIONS)
    throw tooLarge('/step_seconds', `steps times groups are more than ${MOST_EVALUATIONS}`)
  const refuse = () =>
    tooLarge('/end_time', `the rule would have changed its state more than ${MOST_TRANSITIONS} times`)
  const range = { from: start_time, to: end_time, stepSeconds: step_seconds }
  return await replayRule({ rule, ...range, transitions: MOST_TRANSITIONS, refuse }, groups)
}

function tooLarge(pointer: string, what: string): Problem {
  const detail = `${what}: choose a shorter range or longer steps, or narrow the rule by unit and labels`
  return new Problem(previewTooLarge, detail, { errors: [{ pointer, detail }] })
}

function refuseUnits(units: readonly string[]): void {
  if (units.length < 2) return
  const detail = `must be given: the points have the units ${units
    .slice(0, 10)
    .map((unit) => JSON.stringify(unit))
    .join(', ')}`
  throw new Problem(ambiguousUnit, `unit ${detail}`, { errors: [{ pointer: '/rule/unit', detail }] })
}
