// The statements that list notifications.
import type { Database } from '@penstock/shared/schema/index.ts'
import { type Selectable, sql, type Transaction } from 'kysely'

export type NotificationRow = Omit<Selectable<Database['notification']>, 'payload' | 'tenant_id' | 'fencing_token'>

export interface NotificationAsk {
  readonly tenantId: number
  /** Where it is given, only notifications of the rules of this owner, and tests of its channels. */
  readonly owner: string | undefined
  readonly eventId: string | undefined
  readonly state: NotificationRow['state'] | undefined
  readonly limit: number
}

const columns = [
  'id',
  'rule_id',
  'event_id',
  'kind',
  'channel_id',
  'channel_type',
  'sequence',
  'state',
  'attempts',
  'created_at',
  'next_attempt_at',
  'sent_at',
  'last_error',
] as const

/** Selects the newest notifications, and the number of all that match. */
export async function selectNotifications(
  tx: Transaction<Database>,
  { tenantId, owner, eventId, state, limit }: NotificationAsk,
): Promise<{ readonly total: number; readonly rows: readonly NotificationRow[] }> {
  const matching = tx
    .selectFrom('notification as n')
    .where('n.tenant_id', '=', tenantId)
    .$if(eventId !== undefined, (query) => query.where('n.event_id', '=', eventId as string))
    .$if(state !== undefined, (query) => query.where('n.state', '=', state as NotificationRow['state']))
    .$if(owner !== undefined, (query) =>
      query.where(
        sql<boolean>`exists (
          select from alert_rule r where r.tenant_id = n.tenant_id and r.id = n.rule_id and r.created_by = ${owner}::uuid
        ) or (n.rule_id is null and exists (
          select from notification_channel c where c.tenant_id = n.tenant_id and c.id = n.channel_id and c.created_by = ${owner}::uuid))`,
      ),
    )
  const { total } = await matching.select(sql<number>`count(*)::int`.as('total')).executeTakeFirstOrThrow()
  const rows = await matching
    .select(columns.map((name) => `n.${name}` as const))
    .orderBy('n.created_at', 'desc')
    .orderBy('n.id', 'desc')
    .limit(limit)
    .execute()
  return { total, rows }
}
