// The statements that read entries. Row security shows a tenant its own; an operator reads as a role that sees all of them.
import type { Database } from '@penstock/shared/schema/index.ts'
import { type RawBuilder, sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

/** Continues the transaction as the role that sees the entries of every tenant. */
export async function becomeAuditor(tx: Tx): Promise<void> {
  await sql`set local role penstock_auditor`.execute(tx)
}

/** An entry as PostgreSQL's texts. */
export interface EntryRow {
  readonly id: string
  readonly tenant: string | null
  readonly at: string
  readonly actor: string
  readonly actor_kind: string
  readonly login: string
  readonly action: string
  readonly object_type: string
  readonly object_id: string | null
  readonly outcome: string
  readonly request_id: string | null
  readonly address_prefix: string | null
  readonly before: string | null
  readonly after: string | null
}

export interface EntryFilter {
  /** Null for the entries of every tenant. */
  readonly tenantId: number | null
  readonly tenant?: string | undefined
  readonly actor?: string | undefined
  readonly action?: string | undefined
  readonly objectType?: string | undefined
  readonly objectId?: string | undefined
  readonly outcome?: string | undefined
  /** RFC 3339, both inclusive. */
  readonly from?: string | undefined
  readonly to?: string | undefined
}

export interface EntryPage {
  readonly limit: number
  /** The last entry of the page before. */
  readonly after: { readonly at: string; readonly id: string } | undefined
}

/** Selects entries, newest first. */
export async function selectEntries(tx: Tx, filter: EntryFilter, { limit, after }: EntryPage): Promise<EntryRow[]> {
  const place = after && sql`(e.at, e.id) < (${after.at}::timestamptz, ${after.id}::bigint)`
  const conditions = [...conditionsOf(filter), ...(place ? [place] : [])]
  const { rows } = await sql<EntryRow>`
    select e.id::text, t.name as tenant, e.at::text, e.actor, e.actor_kind, e.login, e.action, e.object_type, e.object_id, e.outcome,
      e.request_id, e.address_prefix, e.before::text, e.after::text
    from audit_entry e left join tenant t on t.id = e.tenant_id
    where ${sql.join(conditions, sql` and `)}
    order by e.at desc, e.id desc limit ${limit}::int`.execute(tx)
  return rows
}

function conditionsOf(filter: EntryFilter): readonly RawBuilder<unknown>[] {
  const equal = {
    actor: filter.actor,
    action: filter.action,
    object_type: filter.objectType,
    object_id: filter.objectId,
    outcome: filter.outcome,
  }
  return [
    filter.tenantId === null ? sql`true` : sql`e.tenant_id = ${filter.tenantId}::int`,
    ...(filter.tenant === undefined ? [] : [sql`e.tenant_id = (select id from tenant where name = ${filter.tenant})`]),
    ...Object.entries(equal).flatMap(([name, value]) =>
      value === undefined ? [] : [sql`${sql.ref(`e.${name}`)} = ${value}::text`],
    ),
    ...(filter.from === undefined ? [] : [sql`e.at >= ${filter.from}::timestamptz`]),
    ...(filter.to === undefined ? [] : [sql`e.at <= ${filter.to}::timestamptz`]),
  ]
}

/** Adds an entry that says who reads the log, unless the last hour has one. */
export async function noteReader(tx: Tx, tenantId: number | null): Promise<void> {
  const mine = tenantId === null ? sql`e.tenant_id is null` : sql`e.tenant_id = ${tenantId}::int`
  await sql`
    insert into audit_entry (tenant_id, action, object_type)
    select ${tenantId}::int, 'audit.read', 'audit'
    where not exists (
      select from audit_entry e
      where ${mine} and e.at > clock_timestamp() - interval '1 hour' and e.action = 'audit.read'
        and e.actor = coalesce(nullif(current_setting('app.actor', true), ''), session_user))`.execute(tx)
}
