// The clock of a request or a message, and the instants of entries that have none of their own.
import { createHash } from 'node:crypto'
import type { PushMessage } from '@penstock/shared/push-message.ts'
import type { Micros } from '@penstock/shared/time.ts'
import type { Moment } from '@penstock/shared/verdicts.ts'
import type { IngestDeps } from './handler.ts'

/** Of a request over HTTP: an entry gets an instant that no other of this instance gets. */
export function momentOfRequest({ now, stamps }: Pick<IngestDeps, 'now' | 'stamps'>): Moment {
  let stamped = -1
  let at: Micros = 0
  return {
    now: now() * 1000,
    stamp(index) {
      // All values of one entry have one instant.
      if (index !== stamped) at = stamps.take(1)
      stamped = index
      return at
    },
  }
}

export interface MessageMoment extends Moment {
  /** What the first entry gets. */
  readonly first: Micros
}

/**
 * Of a message: its first entry gets the publish time plus a hash of the message id modulo 1,000 in microseconds, each other one its
 * index more. Distinct inside a message, and the same on every redelivery. A subscription that sends neither along leaves us our own
 * clock and a hash of the data.
 */
export function momentOfMessage(
  deps: Pick<IngestDeps, 'now'>,
  { messageId, publishedAt, data }: PushMessage,
): MessageMoment {
  const now = deps.now() * 1000
  const hash = createHash('sha256')
    .update(messageId ?? data)
    .digest()
  const first = (publishedAt ?? now) + (hash.readUInt32BE() % 1_000)
  return { now, first, stamp: (index) => first + index }
}
