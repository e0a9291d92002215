// The dependencies of every query, and the filter by which a query selects series.
import type { Clock } from '@penstock/shared/base/time.ts'
import type { AcrossDeps } from '@penstock/shared/reading/across-objects.ts'
import type { RangeQuery } from './contract.ts'
import type { QueryLimits } from './limits.ts'
import type { SeriesFilter } from './queries.ts'
import type { SeriesMemory } from './range/point-template.ts'

export interface QueryDeps extends AcrossDeps {
  readonly now: Clock
  readonly cursorKey: Buffer
  readonly limits: QueryLimits
  readonly seriesMemory: SeriesMemory
}

export function toFilter(
  tenantId: number,
  query: Pick<RangeQuery, 'service_name' | 'metric_type' | 'unit' | 'labels'>,
): SeriesFilter {
  return {
    tenantId,
    serviceName: query.service_name,
    metricType: query.metric_type,
    unit: query.unit,
    labels: query.labels,
  }
}
