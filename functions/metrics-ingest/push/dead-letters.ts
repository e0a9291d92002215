// Makes the dead letter of a message that can never be stored, completely or in part.
import { createHash } from 'node:crypto'
import { logger } from '@penstock/shared/base/logger.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { type NoMessage, type PushMessage, toEnvelope } from '@penstock/shared/http/push-message.ts'
import { type DeadLetter, keepDeadLetter } from './dead-letter-queries.ts'

export interface DeadLetterDeps {
  readonly db: Pick<PenstockDatabase, 'read' | 'write' | 'readAll' | 'writeAll'>
}

export interface Push {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** The content of a dead letter. */
export type Content = Pick<DeadLetter, 'payload' | 'contentType'>

/** The reason why a message, or a part of it, is not stored. */
export interface Refusal {
  readonly reason: string
  /** The reason in words, for a person. */
  readonly detail: string
  /** The refused part; undefined for the whole message. */
  readonly content?: Content | undefined
}

/**
 * Stores what was refused. `tenantId` is null when the tenant is not known. Safe to repeat: a message with the same reason is stored
 * once.
 * @throws {Problem} 503 when the database is not available.
 */
export async function keepAsLetter(
  deps: DeadLetterDeps,
  tenantId: number | null,
  push: Push,
  message: PushMessage | NoMessage,
  { reason, detail, content }: Refusal,
): Promise<void> {
  const letter: DeadLetter = {
    tenantId,
    source: `pubsub:${indexable(message.subscription)}`,
    messageId: message.messageId === null ? hashOf(push.body) : indexable(message.messageId),
    reason,
    detail,
    ...(content ?? wholeMessage(push, message)),
  }
  if (tenantId === null) await deps.db.writeAll((tx) => keepDeadLetter(tx, letter))
  else await deps.db.write(tenantId, (tx) => keepDeadLetter(tx, letter))
  logger.warn({ reason, source: letter.source, message_id: letter.messageId }, 'pubsub.dead_letter')
}

/** Makes a push from a message, which can be sent again. */
export const envelopeOf = (message: PushMessage): Content => ({
  payload: Buffer.from(JSON.stringify(toEnvelope(message))),
  contentType: 'application/json',
})

/** Returns the push as it arrived; when attributes were sent as headers, an envelope with all of them, so that nothing is lost. */
function wholeMessage({ headers, body }: Push, message: PushMessage | NoMessage): Content {
  if (!('reason' in message || message.isWrapped)) return envelopeOf(message)
  return { payload: body, contentType: String(headers['content-type'] ?? 'application/octet-stream') }
}

/** Longer than any id or name of Pub/Sub; two texts of three times this length still fit into a B-tree entry. */
const MAX_INDEXED_BYTES = 400

/** Returns a text that fits an index; a longer one is identified by its hash. */
const indexable = (text: string): string =>
  Buffer.byteLength(text) <= MAX_INDEXED_BYTES ? text : `${text.slice(0, 40)}… ${hashOf(text)}`

const hashOf = (data: string | Buffer): string => `sha256:${createHash('sha256').update(data).digest('hex')}`
