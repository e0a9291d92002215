// The list of what was sent to channels, and of what waits to be sent.
import type { Notification, NotificationList } from '@penstock/shared/alerts/channel-schema.ts'
import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { toWire } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { NotificationQuery } from '../contract.ts'
import { ownerOf } from '../owner.ts'
import { wireOrNull } from '../wire-rule.ts'
import { type NotificationRow, selectNotifications } from './outbox-queries.ts'

/** Returns the newest notifications of the rules and channels that the caller sees, and how many there are in all. */
export async function notifications(
  { db }: { readonly db: PenstockDatabase },
  caller: TenantPrincipal,
  { event_id: eventId, state, limit }: NotificationQuery,
): Promise<NotificationList> {
  const ask = { tenantId: caller.tenant.id, owner: ownerOf(caller), eventId, state, limit }
  const { total, rows } = await db.read(ask.tenantId, (tx) => selectNotifications(tx, ask), { oneSnapshot: true })
  return { notifications: rows.map(toNotification), total }
}

const isOver = ({ state }: NotificationRow): boolean => state === 'sent' || state === 'failed'

const toNotification = (row: NotificationRow): Notification => ({
  id: row.id,
  event_id: row.event_id,
  kind: row.kind,
  channel_id: row.channel_id,
  channel_type: row.channel_type,
  state: row.state,
  attempts: row.attempts,
  created_at: toWire(row.created_at),
  next_attempt_at: isOver(row) ? null : toWire(row.next_attempt_at),
  sent_at: wireOrNull(row.sent_at),
  last_error: row.last_error,
})
