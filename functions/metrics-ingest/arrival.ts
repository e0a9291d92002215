// The arrival of points without an echo (in a request of a third-party protocol, or in a message), and how they are stored.
import { createHash } from 'node:crypto'
import type { Tenant } from '@penstock/shared/auth/principal.ts'
import { busy } from '@penstock/shared/base/problem.ts'
import type { Micros } from '@penstock/shared/base/time.ts'
import type { PushMessage } from '@penstock/shared/http/push-message.ts'
import type { DecodedPoint, Rejection } from '@penstock/shared/points/verdicts.ts'
import type { IngestDeps } from './deps.ts'
import { placeOnSeries, withExpired } from './placement.ts'
import { ordinalsOf, stampFrom } from './stamp-order.ts'
import type { IdempotencyClaim, WriteOutcome, Written } from './write-request.ts'

export interface Arrival {
  /** The clock for the limits on timestamps. */
  readonly now: Micros
  /** The instant near which entries without timestamps are placed. */
  readonly near: Micros
  /** Identifies a message, and is the same on redelivery; null when nothing identifies it. */
  readonly message: string | null
}

export type ArrivalDeps = Pick<IngestDeps, 'now' | 'resolveSeries' | 'stamp' | 'store'>

/** A request that arrives now. */
export const requestArrival = ({ now }: Pick<IngestDeps, 'now'>): Arrival => ({
  now: now() * 1000,
  near: now() * 1000,
  message: null,
})

/**
 * A message: its entries without timestamps are placed near its publish time. It is identified by its id, its subscription and its
 * content, because the replay of a dead letter may carry a part of the message under its id.
 */
export function messageArrival(
  { now }: Pick<IngestDeps, 'now'>,
  { messageId, publishedAt, subscription, data }: PushMessage,
): Arrival {
  const arrived = now() * 1000
  const identity = JSON.stringify([subscription, messageId, hashOf(data)])
  return { now: arrived, near: publishedAt ?? arrived, message: messageId === null ? null : hashOf(identity) }
}

const hashOf = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')

/** The longest time for which a Pub/Sub subscription retains messages. */
const REMEMBERED_HOURS = 7 * 24
const RETRY_S = 5

/**
 * Stores points of an arrival, and returns the refused entries. `part` identifies this call among those for one arrival. Safe to repeat
 * when the entries have timestamps or came in a message: a message's instants are stored with the points for seven days, so a redelivery
 * writes the same points.
 * @throws {Problem} 503 when the database is not available, or the same message is being stored at this moment.
 */
export async function storeArrived(
  deps: ArrivalDeps,
  tenant: Tenant,
  points: readonly DecodedPoint[],
  { near, message }: Arrival,
  part: number,
): Promise<readonly Rejection[]> {
  const { placed, rejections } = await placeOnSeries(deps.resolveSeries, tenant, points, [])
  if (placed.length === 0) return rejections
  const ordinals = ordinalsOf(points)
  const stamped = await deps.stamp(placed, ordinals, near)
  const isWhole = (written: Written) => rejections.length === 0 && written.expired.length === 0
  const idempotency: IdempotencyClaim | null =
    message === null || stamped.first === null
      ? null
      : {
          // The space prevents a collision with the `Idempotency-Key` of a request, which cannot contain one.
          key: `message ${message} ${part}`,
          payload: message,
          hours: REMEMBERED_HOURS,
          verdicts: (written) => ({ first: stamped.first, whole: isWhole(written) }),
        }
  const outcome = await deps.store(tenant.id, { points: stamped.points, strict: false, idempotency })
  if (outcome.kind !== 'repeated') return withExpired(rejections, written(outcome).expired)

  const { first, whole } = outcome.verdicts as { first: Micros; whole: boolean }
  if (whole) return rejections
  // Points that were refused the first time may have room now; points that were stored are written again unchanged.
  const again = { points: stampFrom(first, ordinals, placed), strict: false, idempotency: null }
  return withExpired(rejections, written(await deps.store(tenant.id, again)).expired)
}

function written(outcome: WriteOutcome): Written {
  if (outcome.kind === 'written' || outcome.kind === 'refused') return outcome
  throw busy('The same message is already being stored. Send it again later.', undefined, RETRY_S)
}
