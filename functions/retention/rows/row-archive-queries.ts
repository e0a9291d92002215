// The statements on old rows of a table, and on the objects that contain them.
import type { ArchiveState } from '@penstock/shared/schema/archive.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { type RawBuilder, sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

/** A table whose old rows are archived. */
export interface RowTable {
  readonly dataset: 'feedback' | 'backfill_jobs' | 'audit'
  readonly table: string
  /** The archived columns: all but the tenant, whose name is part of the object's name. */
  readonly columns: readonly { readonly name: string; readonly pgType: string }[]
  /** Columns of the primary key in addition to the tenant. */
  readonly key: readonly string[]
  /** The column that decides a row's age; a row with null does not age. */
  readonly age: string
  /** The column of a row's creation: never later than `age`, never changed, and indexed. */
  readonly born: string
  /** Rows that belong to no tenant, or to an erased one, are archived under the name of this tenant. */
  readonly strays?: string
}

/** A row's columns as PostgreSQL's text. */
export type TextRow = Readonly<Record<string, string | null>>

/** Rows of one tenant that became old in one month. */
export interface OldRows {
  readonly tenantId: number
  readonly tenant: string
  /** First day of the month. */
  readonly month: string
}

/** Finds the tenant and the month whose rows are archived next; undefined when there are none. */
export async function selectOldest(tx: Tx, dataset: RowTable, cutoff: string): Promise<OldRows | undefined> {
  const { rows } = await sql<OldRows>`
    select t.id as "tenantId", t.name as tenant,
      date_trunc('month', r.${sql.ref(dataset.age)} at time zone 'UTC')::date as month
    from ${sql.table(dataset.table)} r join tenant t on t.id = ${ownerOf(dataset)}
    where ${isDue(dataset, cutoff)} order by r.${sql.ref(dataset.born)} limit 1`.execute(tx)
  return rows[0]
}

/** Selects at most `limit` of these rows, in the order of their key. */
export async function selectOldRows(
  tx: Tx,
  dataset: RowTable,
  of: OldRows,
  { cutoff, limit }: { readonly cutoff: string; readonly limit: number },
): Promise<TextRow[]> {
  const age = sql`r.${sql.ref(dataset.age)} at time zone 'UTC'`
  const texts = dataset.columns.map(({ name }) => sql`r.${sql.ref(name)}::text as ${sql.ref(name)}`)
  const { rows } = await sql<TextRow>`
    select ${sql.join(texts)} from ${sql.table(dataset.table)} r
    where ${ownerOf(dataset)} = ${of.tenantId}::int and ${age} >= ${of.month}::date
      and ${age} < ${of.month}::date + interval '1 month' and ${isDue(dataset, cutoff)}
    order by ${sql.join(dataset.key.map((name) => sql`r.${sql.ref(name)}`))} limit ${limit}::int`.execute(tx)
  return rows
}

/** Counts the old rows. */
export async function countOldRows(tx: Tx, dataset: RowTable, cutoff: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::float8 as count from ${sql.table(dataset.table)} r where ${isDue(dataset, cutoff)}`.execute(tx)
  return rows[0]?.count ?? 0
}

/** Deletes those of these rows that are unchanged and not on hold; returns their number. */
export async function deleteExactRows(
  tx: Tx,
  dataset: RowTable,
  tenantId: number,
  archived: readonly TextRow[],
): Promise<number> {
  const arrays = dataset.columns.map(
    ({ name, pgType }) => sql`${archived.map((row) => row[name] ?? null)}::text[]::${sql.raw(pgType)}[]`,
  )
  const names = dataset.columns.map(({ name }) => sql.ref(name))
  const same = dataset.columns.map(({ name }) => sql`r.${sql.ref(name)} is not distinct from a.${sql.ref(name)}`)
  const key = dataset.key.map((name) => sql`r.${sql.ref(name)} = a.${sql.ref(name)}`)
  const { numAffectedRows } = await sql`
    delete from ${sql.table(dataset.table)} r using unnest(${sql.join(arrays)}) a (${sql.join(names)})
    where ${ownerOf(dataset)} = ${tenantId}::int and ${sql.join(key, sql` and `)} and ${sql.join(same, sql` and `)}
      and not ${isHeld(dataset)}`.execute(tx)
  return Number(numAffectedRows ?? 0)
}

export interface RowObject {
  readonly id: string
  readonly name: string
  readonly generation: string
  readonly size: number
  readonly crc32c: string
  readonly rows: number
  readonly contentHash: string
  readonly state: ArchiveState
}

/** Selects the objects that contain rows of this tenant and month, oldest first. */
export async function selectRowObjects(tx: Tx, dataset: RowTable, of: OldRows): Promise<RowObject[]> {
  const rows = await tx
    .selectFrom('archive')
    .select(['id', 'name', 'generation', 'size_bytes', 'crc32c', 'rows', 'content_sha256', 'state'])
    .where('dataset', '=', dataset.dataset)
    .where('tenant_id', '=', of.tenantId)
    .where('month', '=', of.month)
    .where('state', 'in', ['written', 'verified'])
    .orderBy('id')
    .execute()
  return rows.map(({ size_bytes, content_sha256, rows: count, ...row }) => ({
    ...row,
    size: Number(size_bytes),
    rows: Number(count),
    contentHash: content_sha256.toString('hex'),
  }))
}

export interface NewRowObject extends Omit<RowObject, 'id' | 'state'> {
  readonly minAt: number
  readonly maxAt: number
}

/** Records an uploaded object. Safe to repeat, because the object depends only on its rows. */
export async function insertRowObject(tx: Tx, dataset: RowTable, of: OldRows, object: NewRowObject): Promise<void> {
  const at = (us: number) => sql`timestamptz 'epoch' + ${us}::int8 * interval '1 microsecond'`
  await sql`
    insert into archive (dataset, tenant_id, month, name, generation, rows, min_ts, max_ts, size_bytes, crc32c, content_sha256)
    values (
      ${dataset.dataset}, ${of.tenantId}::int, ${of.month}::date, ${object.name}, ${object.generation}::bigint,
      ${object.rows}::bigint, ${at(object.minAt)}, ${at(object.maxAt)}, ${object.size}::bigint, ${object.crc32c},
      decode(${object.contentHash}, 'hex')
    ) on conflict (name, generation) do nothing`.execute(tx)
}

/** Marks an object as the current one of its rows. */
export async function markVerified(tx: Tx, name: string, generation: string): Promise<void> {
  await tx
    .updateTable('archive')
    .set({ state: 'verified', verified_at: sql`clock_timestamp()` })
    .where('name', '=', name)
    .where('generation', '=', generation)
    .where('state', '=', 'written')
    .execute()
}

const isDue = (dataset: RowTable, cutoff: string): RawBuilder<boolean> => sql`(
  r.${sql.ref(dataset.born)} < ${cutoff}::timestamptz and r.${sql.ref(dataset.age)} < ${cutoff}::timestamptz
  and not ${isHeld(dataset)} and ${isSealed(dataset, cutoff)})`

/** The tenant under whose name a row is archived. */
const ownerOf = ({ strays }: RowTable): RawBuilder<number> =>
  strays === undefined
    ? sql`r.tenant_id`
    : sql`coalesce((select o.id from tenant o where o.id = r.tenant_id), (select s.id from tenant s where s.name = ${strays}))`

/** Entries of the audit log leave by whole seals: those before the first seal with an entry that is not old. */
const isSealed = ({ dataset }: RowTable, cutoff: string): RawBuilder<boolean> =>
  dataset === 'audit'
    ? sql`(r.era, r.xid) < (
        select s.era, s.to_xid from audit_seal s
        where s.last_at < ${cutoff}::timestamptz
          and s.id < coalesce((select min(n.id) from audit_seal n where n.last_at >= ${cutoff}::timestamptz), 9223372036854775807)
        order by s.id desc limit 1)`
    : sql`true`

/** A legal hold prevents the deletion, and rows that are not deleted are not archived yet. */
const isHeld = (dataset: RowTable): RawBuilder<boolean> => sql`exists (
  select from archive_hold h
  where h.tenant_id = r.tenant_id and h.dataset = ${dataset.dataset} and h.released_at is null
    and r.${sql.ref(dataset.age)} >= h.from_ts and r.${sql.ref(dataset.age)} < h.to_ts)`
