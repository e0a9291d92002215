// The arrival of points without an echo (in a request of a third-party protocol, or in a message), and how they are stored.
import { createHash } from 'node:crypto'
import type { Tenant } from '@penstock/shared/auth/principal.ts'
import { busy } from '@penstock/shared/base/problem.ts'
import type { Micros } from '@penstock/shared/base/time.ts'
import type { PushMessage } from '@penstock/shared/http/push-message.ts'
import type { NamedColumns } from '@penstock/shared/points/named-columns.ts'
import type { Rejection } from '@penstock/shared/points/verdicts.ts'
import type { IngestDeps } from './deps.ts'
import { withExpired } from './placement.ts'
import { ordinalsOf } from './stamp-order.ts'
import { type SettledOutcome, type StoreDeps, storePoints } from './store-points.ts'
import type { IdempotencyClaim, Written } from './write-request.ts'

export interface Arrival {
  /** The clock for the limits on timestamps. */
  readonly now: Micros
  /** The instant near which entries without timestamps are placed. */
  readonly near: Micros
  /** Identifies a message, and is the same on redelivery; null when nothing identifies it. */
  readonly message: string | null
}

export type ArrivalDeps = StoreDeps & Pick<IngestDeps, 'now'>

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
  points: NamedColumns,
  { near, message }: Arrival,
  part: number,
): Promise<readonly Rejection[]> {
  if (points.length === 0) return []
  const ordinals = ordinalsOf(points)
  const request = { points, ordinals, rejections: [], strict: false }
  const { outcome, rejections } = await storePoints(deps, tenant, {
    ...request,
    stamps: { near },
    claim: (first, refused) => (message === null || first === null ? null : claimOf(message, part, first, refused)),
  })
  if (outcome.kind !== 'repeated') return withExpired(rejections, written(outcome).expired)

  const { first, whole } = outcome.verdicts as { first: Micros; whole: boolean }
  if (whole) return rejections
  // Points that were refused the first time may have room now; points that were stored are written again unchanged.
  const again = await storePoints(deps, tenant, { ...request, stamps: { first }, claim: () => null })
  return withExpired(again.rejections, written(again.outcome).expired)
}

function claimOf(message: string, part: number, first: Micros, refused: readonly Rejection[]): IdempotencyClaim {
  return {
    // A space: no `Idempotency-Key` of a request has one.
    key: `message ${message} ${part}`,
    payload: message,
    hours: REMEMBERED_HOURS,
    verdicts: ({ expired }) => ({ first, whole: refused.length === 0 && expired.length === 0 }),
  }
}

function written(outcome: SettledOutcome): Written {
  if (outcome.kind === 'written' || outcome.kind === 'refused') return outcome
  throw busy('The same message is already being stored. Send it again later.', undefined, RETRY_S)
}
