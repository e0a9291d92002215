// The rules of ingest over foreign protocols: what a decoder found goes the way of every point; what cannot be stored spoils no other.

import type { Tenant } from '@penstock/shared/principal.ts'
import type { DecodedPoint, Moment, Rejection } from '@penstock/shared/verdicts.ts'
import { type IngestDeps, writtenOrThrow } from './handler.ts'
import { placeOnSeries, withExpired } from './placement.ts'
import type { DecodeContext, Decoded } from './protocols/collector.ts'
import type { WriteOutcome } from './writer.ts'

/** A request may hold more points than a transaction should. */
const POINTS_PER_WRITE = 20_000

/**
 * Stores the points of a foreign request; answers what was decoded, with everything that was refused after that as well, by index.
 * Safe to repeat where entries have instants of their own.
 * @throws {Problem} what `decode` throws; 503 when the database is not available, after which it may be sent again as a whole.
 */
export async function ingestForeign<D extends Decoded>(
  deps: IngestDeps,
  tenant: Tenant,
  moment: Moment,
  decode: (context: DecodeContext) => D,
): Promise<D> {
  const decoded = decode({ tenant, limits: deps.limits, moment })
  const refused: Rejection[] = []
  for (let from = 0; from < decoded.points.length; from += POINTS_PER_WRITE) {
    refused.push(...(await store(deps, tenant, decoded.points.slice(from, from + POINTS_PER_WRITE))))
  }
  if (refused.length === 0) return decoded
  return { ...decoded, rejections: [...decoded.rejections, ...refused].toSorted((a, b) => a.index - b.index) }
}

async function store(deps: IngestDeps, tenant: Tenant, points: readonly DecodedPoint[]): Promise<readonly Rejection[]> {
  const { placed, rejections } = await placeOnSeries(deps.resolveSeries, tenant, points, [])
  if (placed.length === 0) return rejections
  const outcome = await deps.store(tenant.id, { points: placed, strict: false, idempotency: null })
  // Without an idempotency key nothing is repeated.
  return withExpired(rejections, writtenOrThrow(outcome as Exclude<WriteOutcome, { kind: 'repeated' }>).expired)
}
