// The statements on notification channels. Each one names the tenant, as a second guard in addition to row security.
import type { Database } from '@penstock/shared/schema/index.ts'
import { type Insertable, type Selectable, sql, type Transaction, type Updateable } from 'kysely'

type Tx = Transaction<Database>

export type ChannelRow = Selectable<Database['notification_channel']>
export type NewChannel = Insertable<Database['notification_channel']>
export type ChannelUpdate = Updateable<Database['notification_channel']>

export async function insertChannel(tx: Tx, channel: NewChannel): Promise<ChannelRow> {
  return await tx.insertInto('notification_channel').values(channel).returningAll().executeTakeFirstOrThrow()
}

/** Returns the channels of a tenant, newest first. Their number is limited by the tenant's quota. */
export async function selectChannels(tx: Tx, tenantId: number): Promise<readonly ChannelRow[]> {
  return await tx
    .selectFrom('notification_channel')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
}

/** A channel that a caller may change: one of its tenant, or one that this owner made. */
export interface ChannelScope {
  readonly tenantId: number
  readonly owner: string | undefined
}

export async function selectChannel(
  tx: Tx,
  { tenantId, owner }: ChannelScope,
  id: string,
): Promise<ChannelRow | undefined> {
  return await tx
    .selectFrom('notification_channel')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .$if(owner !== undefined, (query) => query.where('created_by', '=', owner as string))
    .executeTakeFirst()
}

/** Changes a channel that still has this version; its version grows. Returns undefined when it has another one, or is gone. */
export async function updateChannel(
  tx: Tx,
  { tenant_id, id, version }: Pick<ChannelRow, 'tenant_id' | 'id' | 'version'>,
  change: ChannelUpdate,
): Promise<ChannelRow | undefined> {
  return await tx
    .updateTable('notification_channel')
    .set({
      ...change,
      version: version + 1,
      updated_at: sql<string>`greatest(clock_timestamp(), updated_at + interval '1 microsecond')`,
    })
    .where('tenant_id', '=', tenant_id)
    .where('id', '=', id)
    .where('version', '=', version)
    .returningAll()
    .executeTakeFirst()
}

/** Deletes a channel that still has this version. Notifications that wait for it have failed then. Returns whether it was deleted. */
export async function deleteChannel(
  tx: Tx,
  { tenant_id, id, version }: Pick<ChannelRow, 'tenant_id' | 'id' | 'version'>,
): Promise<boolean> {
  const { rows } = await sql`
    with deleted as (
      select tenant_id, id from notification_channel
      where tenant_id = ${tenant_id}::int and id = ${id}::uuid and version = ${version}::int for update
    ), ended as (
      update notification n set state = 'failed', last_error = 'The channel was deleted.' from deleted d
      where n.tenant_id = d.tenant_id and n.channel_id = d.id and n.state in ('pending', 'leased')
    )
    select from deleted`.execute(tx)
  if (rows.length === 0) return false
  await tx.deleteFrom('notification_channel').where('tenant_id', '=', tenant_id).where('id', '=', id).execute()
  return true
}

/** Returns how many test notifications of a channel are not sent yet. */
export async function countWaitingTests(tx: Tx, tenantId: number, channelId: string): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*)::int as waiting from notification
    where tenant_id = ${tenantId}::int and channel_id = ${channelId}::uuid and kind = 'test' and state in ('pending', 'leased')`.execute(
    tx,
  )
  return rows[0]?.waiting ?? 0
}

/** Queues a test notification. Safe to repeat with the same id. */
export async function queueTest(tx: Tx, channel: ChannelRow, id: string, payload: object): Promise<void> {
  await sql`
    insert into notification (tenant_id, id, kind, channel_id, channel_type, sequence, payload)
    values (${channel.tenant_id}::int, ${id}::uuid, 'test', ${channel.id}::uuid, ${channel.type}::text, 1, ${JSON.stringify(payload)}::jsonb)
    on conflict (tenant_id, id) do nothing`.execute(tx)
}
