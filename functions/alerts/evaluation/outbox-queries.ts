// The statements that queue notifications, one for each channel.
import type { Database } from '@penstock/shared/schema/index.ts'
import { type Selectable, sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>
type NotificationRow = Selectable<Database['notification']>

/** A transition that the channels of a rule are notified of. */
export interface Announcement {
  readonly tenantId: number
  readonly ruleId: string
  /** Null for news that concern no event. */
  readonly eventId: string | null
  readonly kind: NotificationRow['kind']
  readonly payload: object
  /** Types of channels; an enabled channel of one of them is notified. */
  readonly types: readonly string[]
  /** Where it is not empty, only these channels are notified. */
  readonly channelIds: readonly string[]
}

/**
 * Queues one notification for each channel of a rule, after those of the same event and channel. Returns how many. The caller is the only
 * writer of the rule's states, so the numbers are distinct.
 */
export async function queueNotifications(tx: Tx, announcement: Announcement): Promise<number> {
  const { tenantId, ruleId, eventId, kind, payload, types, channelIds } = announcement
  if (types.length === 0 && channelIds.length === 0) return 0
  const { numAffectedRows } = await sql`
    insert into notification (tenant_id, rule_id, event_id, kind, channel_id, channel_type, sequence, payload)
    select c.tenant_id, ${ruleId}::uuid, ${eventId}::uuid, ${kind}::text, c.id, c.type,
      1 + coalesce((
        select max(n.sequence) from notification n
        where n.tenant_id = c.tenant_id and n.event_id = ${eventId}::uuid and n.channel_id = c.id
      ), 0),
      ${JSON.stringify(payload)}::jsonb
    from notification_channel c
    where c.tenant_id = ${tenantId}::int and c.enabled
      and (cardinality(${[...types]}::text[]) = 0 or c.type = any(${[...types]}::text[]))
      and (cardinality(${[...channelIds]}::uuid[]) = 0 or c.id = any(${[...channelIds]}::uuid[]))`.execute(tx)
  return Number(numAffectedRows ?? 0n)
}
