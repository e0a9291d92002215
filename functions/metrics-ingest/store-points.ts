// Turns points of named series into stored points: finds series ids and instants, and writes.
import type { Tenant } from '@penstock/shared/auth/principal.ts'
import { busy } from '@penstock/shared/base/problem.ts'
import type { Micros } from '@penstock/shared/base/time.ts'
import type { PlacedColumns } from '@penstock/shared/points/columns.ts'
import type { NamedColumns } from '@penstock/shared/points/named-columns.ts'
import type { Rejection } from '@penstock/shared/points/verdicts.ts'
import type { IngestDeps } from './deps.ts'
import { placeOnSeries } from './placement.ts'
import { type Ordinals, stampFrom } from './stamp-order.ts'
import type { IdempotencyClaim, WriteOutcome } from './write-request.ts'

export type StoreDeps = Pick<IngestDeps, 'series' | 'stamp' | 'store' | 'takePoints' | 'usage'>

export interface PointsToStore {
  readonly points: NamedColumns
  readonly ordinals: Ordinals | null
  /** Rejections so far, sorted by index. */
  readonly rejections: readonly Rejection[]
  /** True when one rejection must refuse all points. */
  readonly strict: boolean
  /** Determines the instants of entries without timestamps: near a clock, or from the first instant that they were given before. */
  readonly stamps: { readonly near: Micros } | { readonly first: Micros | null }
  /** Claims an idempotency key; `first` is the first instant that was given to an entry without a timestamp. */
  readonly claim: (first: Micros | null, rejections: readonly Rejection[]) => IdempotencyClaim | null
}

export type SettledOutcome = Exclude<WriteOutcome, { kind: 'moved' }>

export interface Stored {
  readonly outcome: SettledOutcome
  /** All rejections, including those of entries for whose series the tenant has no room. */
  readonly rejections: readonly Rejection[]
  readonly points: PlacedColumns
}

/** A tenant's epoch is incremented when series are erased or become inactive, which is rare. */
const MAX_EPOCHS = 5
const NOTHING: SettledOutcome = { kind: 'refused', stored: 0, deferred: 0, expired: [] }

/**
 * Stores points. Their series are resolved again when ids may have become wrong in the meantime. The outcome is `refused` when the request
 * is strict and has rejections.
 * @throws {Problem} 429 over the limit of the tenant's plan, before anything is written; 503 when the database is not available.
 */
export async function storePoints(deps: StoreDeps, tenant: Tenant, request: PointsToStore): Promise<Stored> {
  const { ordinals, strict, stamps } = request
  let isTaken = false
  for (let epochs = 0; epochs < MAX_EPOCHS; epochs++) {
    const { placed, epoch, rejections } = await placeOnSeries(deps.series, tenant, request.points, request.rejections)
    if (strict && rejections.length > 0) return counted(deps, tenant, { outcome: NOTHING, rejections, points: placed })
    if (!isTaken) await deps.takePoints(tenant, placed.length)
    isTaken = true
    const { points, first } =
      'near' in stamps
        ? await deps.stamp(placed, ordinals, stamps.near)
        : { points: stampFrom(stamps.first, ordinals, placed), first: stamps.first }
    const idempotency = request.claim(first, rejections)
    const outcome = await deps.store(tenant.id, { points, epoch, strict, idempotency })
    if (outcome.kind !== 'moved') return counted(deps, tenant, { outcome, rejections, points })
    deps.series.moveTo(tenant, outcome.epoch)
  }
  throw busy('Series of this tenant are being erased. Send the points again later.')
}

/** Counts what was stored and what was rejected, for the tenant's usage. */
function counted({ usage }: Pick<StoreDeps, 'usage'>, { id }: Tenant, stored: Stored): Stored {
  const { outcome, rejections } = stored
  const isWritten = outcome.kind === 'written' || outcome.kind === 'refused'
  usage.add(id, {
    points_accepted: isWritten ? outcome.stored + outcome.deferred : 0,
    points_rejected: rejections.length + (isWritten ? outcome.expired.length : 0),
    series_refused: rejections.filter(({ code }) => code === 'series_limit_reached').length,
  })
  return stored
}
