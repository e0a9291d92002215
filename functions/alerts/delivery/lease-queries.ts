// The statements that lease notifications, and that settle them. Each one names the tenant, as a second guard in addition to row security.
import type { Database } from '@penstock/shared/schema/index.ts'
import { type Selectable, sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>
type NotificationRow = Selectable<Database['notification']>

/** A notification that this run sends, and its channel. */
export interface LeasedNotification {
  readonly id: string
  readonly tenant_id: number
  readonly kind: NotificationRow['kind']
  readonly channel_id: string | null
  readonly channel_type: NotificationRow['channel_type']
  readonly payload: unknown
  /** Attempts that were begun, this one included. */
  readonly attempts: number
  readonly fencing_token: string
  /** Null when the channel is gone. */
  readonly channel_name: string | null
  readonly channel_enabled: boolean | null
  readonly sealed: Buffer | null
}

/** Returns the active tenants that have notifications to send, those that have waited longest first. Needs no tenant. */
export async function selectDeliveryWork(tx: Tx): Promise<readonly number[]> {
  const { rows } = await sql<{ tenant_id: number }>`select tenant_id from notification_work()`.execute(tx)
  return rows.map(({ tenant_id }) => tenant_id)
}

/**
 * Leases notifications that are due, the longest due first, and begins an attempt of each. Of an event and a channel only the first that is
 * not settled is leased, so an event's notifications are sent in order. The lease of an instance that died ends after `leaseSeconds`.
 */
export async function leaseNotifications(
  tx: Tx,
  {
    tenantId,
    limit,
    leaseSeconds,
  }: { readonly tenantId: number; readonly limit: number; readonly leaseSeconds: number },
): Promise<readonly LeasedNotification[]> {
  const { rows } = await sql<LeasedNotification>`
    with due as materialized (
      select n.id from notification n
      where n.tenant_id = ${tenantId}::int and n.state in ('pending', 'leased') and n.next_attempt_at <= clock_timestamp()
        and not exists (
          select from notification e
          where e.tenant_id = n.tenant_id and e.event_id = n.event_id and e.channel_id = n.channel_id
            and e.sequence < n.sequence and e.state in ('pending', 'leased'))
      order by n.next_attempt_at, n.created_at, n.sequence limit ${limit}::int for update of n skip locked
    ), leased as (
      update notification n set state = 'leased', fencing_token = n.fencing_token + 1, attempts = n.attempts + 1,
        next_attempt_at = clock_timestamp() + make_interval(secs => ${leaseSeconds}::float8)
      from due where n.tenant_id = ${tenantId}::int and n.id = due.id returning n.*
    )
    select l.id, l.tenant_id, l.kind, l.channel_id, l.channel_type, l.payload, l.attempts, l.fencing_token::text,
      c.name as channel_name, c.enabled as channel_enabled, c.sealed
    from leased l left join notification_channel c on c.tenant_id = l.tenant_id and c.id = l.channel_id
    order by l.created_at, l.sequence`.execute(tx)
  return rows
}

/** The end of an attempt. */
export interface Settlement {
  readonly tenantId: number
  readonly id: string
  readonly fencingToken: string
  /** With `pending`, the notification fails instead when its time is over. */
  readonly state: 'sent' | 'pending' | 'failed'
  readonly error: string | null
  /** Seconds until the next attempt. */
  readonly delaySeconds: number
  /** Seconds after its creation until which a notification is tried again. */
  readonly lifeSeconds: number
}

/**
 * Settles an attempt whose lease is still held, and notes a sent notification with its event. Returns the state that the notification has now;
 * undefined for a late holder: another attempt has begun, or the notification is gone.
 */
export async function settleNotification(tx: Tx, one: Settlement): Promise<NotificationRow['state'] | undefined> {
  const { rows } = await sql<{ state: NotificationRow['state']; event_id: string | null; channel_type: string }>`
    update notification n set
      state = case when ${one.state}::text = 'pending' and not o.is_alive then 'failed' else ${one.state}::text end,
      next_attempt_at = case when ${one.state}::text = 'pending' and o.is_alive then o.next_at else n.next_attempt_at end,
      sent_at = case when ${one.state}::text = 'sent' then clock_timestamp() end,
      last_error = ${one.error}::text
    from notification m cross join lateral (
      select clock_timestamp() + make_interval(secs => ${one.delaySeconds}::float8) as next_at
    ) t cross join lateral (
      select t.next_at, t.next_at <= m.created_at + make_interval(secs => ${one.lifeSeconds}::float8) as is_alive
    ) o
    where m.tenant_id = ${one.tenantId}::int and m.id = ${one.id}::uuid and n.tenant_id = m.tenant_id and n.id = m.id
      and n.state = 'leased' and n.fencing_token = ${one.fencingToken}::bigint
    returning n.state, n.event_id, n.channel_type`.execute(tx)
  const [settled] = rows
  if (settled?.state === 'sent' && settled.event_id !== null) await noteSent(tx, one.tenantId, settled)
  return settled?.state
}

async function noteSent(
  tx: Tx,
  tenantId: number,
  { event_id, channel_type }: { readonly event_id: string | null; readonly channel_type: string },
): Promise<void> {
  await sql`
    update alert_event set notification_sent = true, notification_channels = case
      when ${channel_type}::text = any(notification_channels) then notification_channels
      else notification_channels || ${channel_type}::text end
    where tenant_id = ${tenantId}::int and id = ${event_id}::uuid`.execute(tx)
}

/** Switches a channel off because its receiver said that it is gone. */
export async function disableChannel(tx: Tx, tenantId: number, channelId: string, reason: string): Promise<void> {
  await sql`
    update notification_channel set enabled = false, last_error = ${reason}::text, version = version + 1, updated_at = clock_timestamp()
    where tenant_id = ${tenantId}::int and id = ${channelId}::uuid and enabled`.execute(tx)
}
