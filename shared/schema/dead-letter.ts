import type { Generated } from 'kysely'

/** A message, or entries of one, that can never be stored; retained for a person to look at. */
export interface DeadLetterTable {
  readonly id: Generated<string>
  /** Null when the message named a tenant that does not exist. */
  readonly tenant_id: number | null
  /** The source of the message: `pubsub:` and the subscription. */
  readonly source: string
  /** The message's id, or a hash of the payload for a message without one. */
  readonly message_id: string
  readonly reason: string
  readonly detail: string
  readonly content_type: string
  readonly payload: Buffer
  readonly received_at: Generated<string>
}
