// The dependencies of every path that writes points.

import type { TakePoints } from '@penstock/shared/auth/quota.ts'
import type { Clock } from '@penstock/shared/base/time.ts'
import type { SeriesResolver } from '@penstock/shared/points/series.ts'
import type { TimeLimits } from '@penstock/shared/points/verdicts.ts'
import type { UsageCounter } from '@penstock/shared/report/usage.ts'
import type { Stamp } from './stamps.ts'
import type { Store } from './writer.ts'

export interface IngestDeps {
  readonly series: SeriesResolver
  readonly store: Store
  readonly takePoints: TakePoints
  /** Counts what tenants use. */
  readonly usage: UsageCounter
  readonly stamp: Stamp
  readonly now: Clock
  readonly limits: TimeLimits
}
