// The rules of aggregates: which series are summed together, and the limits of an answer.
import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import type { OwnedBuffer } from '@penstock/shared/http/body-buffer.ts'
import { type AggregateQuery, type AnswerType, answerTooLarge, type Interval } from '../contract.ts'
import { type QueryDeps, toFilter } from '../deps.ts'
import { refused } from '../refusals.ts'
import { sumStored } from '../stored-sums.ts'
import { aggregateForms } from './aggregate-forms.ts'
import type { BucketWidth } from './buckets.ts'

const underAnHour: readonly Interval[] = ['minute', '5m', '15m']

const canUseRollups = ({ interval, percentiles }: AggregateQuery): boolean =>
  !underAnHour.includes(interval) && percentiles === undefined

const widths: Readonly<Record<Interval, BucketWidth>> = {
  minute: '1 minute',
  '5m': '5 minutes',
  '15m': '15 minutes',
  hour: '1 hour',
  day: '1 day',
  week: '7 days',
  month: '1 month',
}

export interface Aggregated {
  readonly bytes: OwnedBuffer
  /** The source of the answer, for the header `Penstock-Source`. */
  readonly source: string
}

/**
 * Returns count, sum, mean, minimum and maximum of the points of a range per UTC bucket (both ends inclusive), by group and with
 * percentiles if requested. The answer is from one instant and never stale: where the log touches an hour, its points are summed.
 * @throws {Problem} 422 `ambiguous_unit` when points have several units, `too_many_buckets`, `answer_too_large`, `archive_too_large`; 503
 * when the archive is needed and does not answer.
 */
export async function aggregate(
  deps: QueryDeps,
  { tenant }: TenantPrincipal,
  query: AggregateQuery,
  type: AnswerType = 'application/json',
): Promise<Aggregated> {
  const { rows, groups, source } = await sumStored(deps, {
    filter: toFilter(tenant.id, query),
    from: query.start_time.at,
    to: query.end_time.at,
    groupBy: query.group_by,
    width: widths[query.interval],
    byHours: canUseRollups(query),
    fractions: (query.percentiles ?? []).map((percentile) => Number(percentile) / 100),
  })
  const bytes = aggregateForms[type]({ query, rows, groups })
  if (bytes.length <= deps.limits.answerBytes) return { bytes, source }
  throw refused(answerTooLarge, '?group_by', `the answer would have more than ${deps.limits.answerBytes} bytes`)
}
