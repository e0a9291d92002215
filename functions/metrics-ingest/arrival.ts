// How points arrived that nobody asks an echo of: by a request of a third-party protocol, or by a message. And how they are stored.
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
  /** The clock against which timestamps are judged. */
  readonly now: Micros
  /** Where the instants of entries without timestamps lie. */
  readonly near: Micros
  /** What tells a message from all others, and is the same on redelivery; null where nothing does. */
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
 * A message: its entries without timestamps lie near its publish time. It is known by its id, its subscription and its content, since the
 * replay of a dead letter may carry a part of the message under its id.
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

/** As long as a subscription of Pub/Sub retains messages. */
const REMEMBERED_HOURS = 7 * 24
const RETRY_S = 5

/**
 * Stores points of an arrival, and answers which entries were refused. `part` names this call among those for one arrival. Safe to repeat
 * where entries have timestamps or a message brought them: a message's instants are remembered with the points, for seven days, and a
 * redelivery writes the same.
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
  // What was refused the first time may have room now; what was stored meets itself.
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
