// Parameters that select series and a range, and the refusals of such a selection.
import type { ProblemKind } from '@penstock/shared/base/problem.ts'
import { brokenTextRule, sentTimestamp, text } from '@penstock/shared/base/wire.ts'
import type { z } from 'zod'

export const MAX_NAME = 200
/** All labels of a series fit into 4 KiB, so nothing longer can match. */
export const MAX_LABEL = 4_096
const MAX_LABEL_FILTERS = 20
const LABEL_PREFIX = 'labels.'

/** A label's name and the text that its value must have. */
type LabelFilter = readonly [name: string, value: string]

const name = text(MAX_NAME)

export const filters = {
  service_name: name.optional(),
  metric_type: name.optional(),
  unit: text(MAX_NAME, 0).optional(),
}

/** The parameters of a question about one metric over a range, whose answer repeats the range as it was sent. */
export const metricRange = {
  service_name: name,
  metric_type: name,
  unit: filters.unit,
  start_time: sentTimestamp,
  end_time: sentTimestamp,
}

/** Returns these parameters with the label filters, and with instants that a number holds exactly. */
export function readMetricRange(
  query: z.output<z.ZodObject<typeof metricRange>> & Readonly<Record<string, unknown>>,
  context: z.core.$RefinementCtx,
) {
  return {
    service_name: query.service_name,
    metric_type: query.metric_type,
    unit: query.unit,
    labels: labelFilters(query, context),
    start_time: { ...query.start_time, at: inside(query.start_time.at) },
    end_time: { ...query.end_time, at: inside(query.end_time.at) },
  }
}

/** Returns the nearest of the microseconds that a number holds exactly, 1684 to 2255; no point can be outside. */
export const inside = (us: number): number => Math.min(Math.max(us, -Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER)

export function refuseBackwards(start: number, end: number, context: z.core.$RefinementCtx): void {
  if (start > end) context.addIssue({ code: 'custom', path: ['end_time'], message: 'must not be before start_time' })
}

/**
 * Returns the `labels.<name>` parameters by name. Any name is safe, also those of prototypes, because they never become keys of an
 * object.
 */
export function labelFilters(
  query: Readonly<Record<string, unknown>>,
  context: z.core.$RefinementCtx,
): readonly LabelFilter[] {
  const given = Object.entries(query).filter(([parameter]) => parameter.startsWith(LABEL_PREFIX))
  if (given.length > MAX_LABEL_FILTERS) {
    const [parameter] = given[MAX_LABEL_FILTERS] as [string, unknown]
    context.addIssue({
      code: 'custom',
      path: [parameter],
      message: `must be one of at most ${MAX_LABEL_FILTERS} label filters`,
    })
  }
  const labels = given.map(([parameter, value]): LabelFilter => {
    const label: LabelFilter = [parameter.slice(LABEL_PREFIX.length), String(value)]
    const broken = label.map((part) => (part === '' ? undefined : brokenTextRule(part, MAX_LABEL))).find(Boolean)
    if (broken !== undefined) context.addIssue({ code: 'custom', path: [parameter], message: broken })
    return label
  })
  return labels.sort(([a], [b]) => (a < b ? -1 : 1))
}

const refusal = (slug: string, title: string): ProblemKind => ({ slug, status: 422, title })
export const ambiguousUnit = refusal('ambiguous_unit', 'The points have several units')
export const tooManyBuckets = refusal('too_many_buckets', 'The answer would have too many entries')
