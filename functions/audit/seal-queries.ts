// The statements that seal entries and read seals.
import type { Database } from '@penstock/shared/schema/index.ts'
import { type Selectable, sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

/** A position in the order of transactions: of an era, its transaction. */
export interface Position {
  readonly era: number
  readonly xid: string
}

export interface Range {
  readonly from: Position
  /** Exclusive. */
  readonly to: Position
}

/** A seal; its instants are texts as they are hashed. */
export type SealRow = Omit<Selectable<Database['audit_seal']>, 'rows'> & { readonly rows: number }

const instant = (name: string) =>
  sql`to_char(${sql.ref(name)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as ${sql.ref(name)}`

const sealColumns = sql`id::text, era, from_xid::text, to_xid::text, rows, ${instant('first_at')}, ${instant('last_at')}, parts,
  root_sha256, previous_sha256, ${instant('sealed_at')}`

/** Selects the newest seal; undefined before the first. */
export async function selectLastSeal(tx: Tx): Promise<SealRow | undefined> {
  const { rows } =
    await sql<SealRow>`select ${sealColumns} from audit_seal order by audit_seal.id desc limit 1`.execute(tx)
  return rows[0]
}

/** Selects seals in their order. */
export async function selectSeals(
  tx: Tx,
  { from, to, limit }: { readonly from: string; readonly to: string | undefined; readonly limit: number },
): Promise<SealRow[]> {
  const until = to === undefined ? sql`true` : sql`audit_seal.id <= ${to}::bigint`
  const { rows } = await sql<SealRow>`
    select ${sealColumns} from audit_seal where audit_seal.id >= ${from}::bigint and ${until}
    order by audit_seal.id limit ${limit}::int`.execute(tx)
  return rows
}

/** Selects the seals that have no copy in storage yet, oldest first. */
export async function selectUncopied(tx: Tx, limit: number): Promise<SealRow[]> {
  const { rows } = await sql<SealRow>`
    select ${sealColumns} from audit_seal
    where not exists (select from audit_seal_copy c where c.seal_id = audit_seal.id)
    order by audit_seal.id limit ${limit}::int`.execute(tx)
  return rows
}

export interface PartRow {
  readonly seal_id: string
  readonly tenant: string | null
  readonly rows: number
  readonly root_sha256: Buffer
}

/** Selects the parts of seals that the role sees, in order of seal and tenant, the part without a tenant first. */
export async function selectParts(tx: Tx, from: string, to: string): Promise<PartRow[]> {
  const { rows } = await sql<PartRow>`
    select seal_id::text, tenant_id::text as tenant, rows, root_sha256 from audit_seal_part
    where seal_id between ${from}::bigint and ${to}::bigint
    order by audit_seal_part.seal_id, audit_seal_part.tenant_id nulls first`.execute(tx)
  return rows
}

/**
 * The gate: no transaction below it is open, so no entry below it can still appear. A later statement of a read committed transaction sees
 * all of them.
 */
export async function selectGate(tx: Tx): Promise<Position> {
  const { rows } = await sql<Position>`
    select era, pg_snapshot_xmin(pg_current_snapshot())::text as xid from store_state`.execute(tx)
  return rows[0] as Position
}

/** Selects the first entry's position at or after `from`; undefined when there is none. */
export async function selectFirst(tx: Tx, from: Position): Promise<Position | undefined> {
  const { rows } = await sql<Position>`
    select era, xid::text from audit_entry where (era, xid) >= (${from.era}::smallint, ${from.xid}::xid8)
    order by audit_entry.era, audit_entry.xid limit 1`.execute(tx)
  return rows[0]
}

/** Selects the newest transaction of an era that wrote an entry. */
export async function selectNewest(tx: Tx, era: number): Promise<string> {
  const { rows } = await sql<{ xid: string }>`
    select xid::text from audit_entry where era = ${era}::smallint order by audit_entry.xid desc limit 1`.execute(tx)
  return rows[0]?.xid ?? '0'
}

/** Selects the transaction of the entry after the first `count` of a range; undefined when it has no more. */
export async function selectNth(tx: Tx, { from, to }: Range, count: number): Promise<string | undefined> {
  const { rows } = await sql<{ xid: string }>`
    select xid::text from audit_entry
    where era = ${from.era}::smallint and xid >= ${from.xid}::xid8 and xid < ${to.xid}::xid8
    order by audit_entry.xid offset ${count}::int limit 1`.execute(tx)
  return rows[0]?.xid
}

/** The last entry of a page, in the order of tenants and ids. */
export interface Place {
  readonly tenant: string
  readonly id: string
}

/** An entry as it is hashed: its columns as PostgreSQL's texts, in order of their names. Instants are RFC 3339 in UTC with microseconds. */
export interface SealedEntry {
  readonly action: string
  readonly actor: string
  readonly actor_kind: string
  readonly address_prefix: string | null
  readonly after: string | null
  readonly at: string
  readonly before: string | null
  readonly era: string
  readonly id: string
  readonly login: string
  readonly object_id: string | null
  readonly object_type: string
  readonly outcome: string
  readonly request_id: string | null
  readonly tenant: string | null
  readonly xid: string
}

/** Selects entries of a range as texts, in order of tenant and id, those without a tenant first. */
export async function selectSealed(tx: Tx, { from, to }: Range, after: Place, limit: number): Promise<SealedEntry[]> {
  const tenant = sql`coalesce(audit_entry.tenant_id, -1)`
  const { rows } = await sql<SealedEntry>`
    select action, actor, actor_kind, address_prefix, after::text, ${instant('at')}, before::text, era::text, id::text, login, object_id,
      object_type, outcome, request_id, tenant_id::text as tenant, xid::text
    from audit_entry
    where (era, xid) >= (${from.era}::smallint, ${from.xid}::xid8) and (era, xid) < (${to.era}::smallint, ${to.xid}::xid8)
      and (${tenant}, audit_entry.id) > (${after.tenant}::int, ${after.id}::bigint)
    order by ${tenant}, audit_entry.id limit ${limit}::int`.execute(tx)
  return rows
}

export interface NewSeal {
  readonly id: string
  readonly range: Range
  readonly rows: number
  readonly firstAt: string
  readonly lastAt: string
  readonly parts: readonly { readonly tenant: string | null; readonly rows: number; readonly root: Buffer }[]
  readonly partHashes: Buffer
  readonly root: Buffer
  readonly previous: Buffer | null
}

/** Inserts a seal and its parts. */
export async function insertSeal(tx: Tx, seal: NewSeal): Promise<void> {
  const { range, parts } = seal
  await sql`
    with sealed as (
      insert into audit_seal (id, era, from_xid, to_xid, rows, first_at, last_at, parts, root_sha256, previous_sha256)
      values (${seal.id}::bigint, ${range.from.era}::smallint, ${range.from.xid}::xid8, ${range.to.xid}::xid8, ${seal.rows}::int,
        ${seal.firstAt}::timestamptz, ${seal.lastAt}::timestamptz, ${seal.partHashes}::bytea, ${seal.root}::bytea, ${seal.previous}::bytea)
      returning id, sealed_at)
    insert into audit_seal_part (seal_id, tenant_id, rows, root_sha256, sealed_at)
    select sealed.id, part.tenant, part.rows, decode(part.root, 'hex'), sealed.sealed_at from sealed, unnest(
      ${parts.map(({ tenant }) => tenant)}::int[], ${parts.map(({ rows }) => rows)}::int[],
      ${parts.map(({ root }) => root.toString('hex'))}::text[]) part (tenant, rows, root)`.execute(tx)
}

/** Records that a seal has its copy in storage. */
export async function insertCopy(tx: Tx, sealId: string): Promise<void> {
  await sql`insert into audit_seal_copy (seal_id) values (${sealId}::bigint) on conflict do nothing`.execute(tx)
}

/** Counts the entries from a position on. */
export async function countFrom(
  tx: Tx,
  from: Position,
): Promise<{ readonly count: number; readonly oldest: string | null }> {
  const { rows } = await sql<{ count: number; oldest: string | null }>`
    select count(*)::int as count, min(at)::text as oldest from audit_entry
    where (era, xid) >= (${from.era}::smallint, ${from.xid}::xid8)`.execute(tx)
  return rows[0] ?? { count: 0, oldest: null }
}

/** Returns the instant before which entries of whole seals may have left the database; empty when none have. */
export async function selectKeptFrom(tx: Tx): Promise<string> {
  const { rows } = await sql<{ from_at: string }>`
    select case when isfinite(from_at) then to_char(from_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') else '' end as from_at
    from audit_kept`.execute(tx)
  return rows[0]?.from_at ?? ''
}
