// The statements that no resource has. Each one on rows of tenants names the tenant and the owner.
import type { Database } from '@penstock/shared/schema/index.ts'
import { type RawBuilder, sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

/** The owner of rows. */
export interface Owner {
  readonly tenantId: number
  readonly owner: string
}

interface Named extends Owner {
  readonly id: string
}

/** The specifications of the item of a piece of gear, as an expression on `production_gear`; none without an item. */
export const itemSpecs = sql`coalesce((select i.specs from gear_item i where i.id = production_gear.catalog_item_id), '{}')`

/** Returns whether the catalogue has an item. */
export async function hasItem(tx: Tx, id: string): Promise<boolean> {
  return (await tx.selectFrom('gear_item').select('id').where('id', '=', id).executeTakeFirst()) !== undefined
}

/** Takes a piece of gear off the lists of its owner's shots. */
export async function unlinkGear(tx: Tx, { tenantId, owner, id }: Named): Promise<void> {
  await sql`
    update production_shot set equipment_ids = array_remove(equipment_ids, ${id}::text),
      prepared_equipment_ids = array_remove(prepared_equipment_ids, ${id}::text)
    where tenant_id = ${tenantId}::int and owner = ${owner}::text and ${id}::text = any (equipment_ids)
      and deleted_at is null`.execute(tx)
}

/** Empties the references of notes to a shot or to a task. */
export async function unlinkNotes(
  tx: Tx,
  column: 'shot_id' | 'task_id',
  { tenantId, owner, id }: Named,
): Promise<void> {
  await sql`
    update production_note set ${sql.ref(column)} = null
    where tenant_id = ${tenantId}::int and owner = ${owner}::text and ${sql.ref(column)} = ${id}::text`.execute(tx)
}

/** Arrays of rows by name, each an expression that is the JSON of an array, or null when it is too long to be answered. */
export type Arrays<Name extends string> = Readonly<Record<Name, RawBuilder<string | null>>>

/** Selects several arrays in one statement, hence from one snapshot; `there` is false for a project that the owner does not have. */
export async function selectArrays<Name extends string>(
  tx: Tx,
  { tenantId, owner }: Owner,
  projectId: string | undefined,
  arrays: Arrays<Name>,
): Promise<{ readonly there: boolean } & Readonly<Record<Name, string | null>>> {
  const there = sql`${projectId ?? null}::uuid is null or exists (
    select from production_project p where p.tenant_id = ${tenantId}::int and p.owner = ${owner}::text
      and p.id = ${projectId ?? null}::uuid and p.deleted_at is null)`
  const columns = Object.entries<RawBuilder<string | null>>(arrays).map(
    ([name, array]) => sql`${array} as ${sql.ref(name)}`,
  )
  const { rows } = await sql<never>`select (${there}) as there, ${sql.join(columns)}`.execute(tx)
  return rows[0] as never
}

/** A page of a list of the catalogue; a row more than `limit` shows that there are others. */
interface ListAsk {
  readonly limit: number
  /** The place of the last row of the page before. */
  readonly after: string | undefined
}

export interface CategoryRow {
  readonly id: string
  readonly name: string
  readonly slug: string
}

/** Categories in the order of their slugs. */
export async function selectCategories(tx: Tx, { limit, after }: ListAsk): Promise<readonly CategoryRow[]> {
  const all = tx.selectFrom('gear_category').select(['id', 'name', 'slug']).orderBy('slug').limit(limit)
  return await (after === undefined ? all : all.where('slug', '>', after)).execute()
}

export interface BrandRow {
  readonly id: string
  readonly name: string
}

/** Brands in the order of their names, all of them or those with items of a category. */
export async function selectBrands(
  tx: Tx,
  categoryId: string | undefined,
  { limit, after }: ListAsk,
): Promise<readonly BrandRow[]> {
  const ofCategory = sql`exists (select from gear_item i where i.category_id = ${categoryId}::uuid and i.brand_id = b.id)`
  const { rows } = await sql<BrandRow>`
    select b.id, b.name from gear_brand b
    where ${categoryId === undefined ? sql`true` : ofCategory} and (${after ?? null}::text is null or b.name > ${after ?? null}::text)
    order by b.name limit ${limit}::int`.execute(tx)
  return rows
}

export interface ItemRow {
  readonly id: string
  readonly brand_id: string
  readonly category_id: string
  readonly name: string
  readonly specs: unknown
}

const itemColumns = ['id', 'brand_id', 'category_id', 'name', 'specs'] as const

/** Items in the order of their ids. */
export async function selectItems(
  tx: Tx,
  { category_id, brand_id }: { readonly category_id?: string | undefined; readonly brand_id?: string | undefined },
  { limit, after }: ListAsk,
): Promise<readonly ItemRow[]> {
  let items = tx.selectFrom('gear_item').select(itemColumns).orderBy('id').limit(limit)
  if (category_id !== undefined) items = items.where('category_id', '=', category_id)
  if (brand_id !== undefined) items = items.where('brand_id', '=', brand_id)
  if (after !== undefined) items = items.where('id', '>', after)
  return await items.execute()
}

/** One item; undefined when there is none. */
export async function selectItem(tx: Tx, id: string): Promise<ItemRow | undefined> {
  return await tx.selectFrom('gear_item').select(itemColumns).where('id', '=', id).executeTakeFirst()
}
