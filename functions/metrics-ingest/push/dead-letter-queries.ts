// The statement on dead letters: messages, or entries of one, that can never be stored.
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'

export interface DeadLetter {
  /** Null when the message named a tenant that does not exist. */
  readonly tenantId: number | null
  readonly source: string
  readonly messageId: string
  readonly reason: string
  readonly detail: string
  readonly contentType: string
  readonly payload: Buffer
}

/** Stores a dead letter. Safe to repeat: the same message with the same reason is stored once. */
export async function keepDeadLetter(tx: Transaction<Database>, letter: DeadLetter): Promise<void> {
  await tx
    .insertInto('dead_letter')
    .values({
      tenant_id: letter.tenantId,
      source: storable(letter.source),
      message_id: storable(letter.messageId),
      reason: letter.reason,
      detail: storable(letter.detail),
      content_type: storable(letter.contentType),
      payload: letter.payload,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Makes text that PostgreSQL accepts and a person can read, because its parts came from outside. The payload is stored unchanged. */
const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD').slice(0, 1_000)
