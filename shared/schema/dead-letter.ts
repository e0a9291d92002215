import type { Generated } from 'kysely'

/** A message, or entries of one, that can never be stored; kept for a person to look at. */
export interface DeadLetterTable {
  readonly id: Generated<string>
  /** Null: the message named a tenant that does not exist. */
  readonly tenant_id: number | null
  /** Where it came from: `pubsub:` and the subscription. */
  readonly source: string
  /** The message's, or a hash of the payload where it came without one. */
  readonly message_id: string
  readonly reason: string
  readonly detail: string
  readonly content_type: string
  readonly payload: Buffer
  readonly received_at: Generated<string>
}
