// Every table with rows of tenants, found in the catalogue, so that a table that is added later is not forgotten.
import { sql } from 'kysely'
import { type DeclaredTable, declaredTables } from '../../database/slice-data.ts'
import type { EraseDeps, Place } from './place.ts'

const named = (tables: readonly DeclaredTable[]): readonly string[] => tables.map(({ name }) => name)
/** Tables that triggers write to when rows of other tables are deleted. */
const triggered = named(declaredTables.filter((table) => table.triggered))

/** Tables whose rows stay. */
const outliving = named(declaredTables.filter((table) => table.outlives !== undefined))

/** Deletes the tenant's rows, referring tables first. Returns their numbers by table. Safe to repeat. */
export async function eraseTenantTables({ db, tenant, renew }: EraseDeps): Promise<Map<string, number>> {
  const erased = new Map<string, number>()
  for (const table of await tenantTables({ db, tenant })) {
    if (outliving.includes(table)) continue
    await renew()
    const count = await db.write(tenant.id, async (tx) => {
      const { numAffectedRows } = await sql`
        delete from ${sql.table(table)} where ${sql.ref(tenantColumn(table))} = ${tenant.id}::int`.execute(tx)
      return Number(numAffectedRows ?? 0)
    })
    erased.set(table, count)
  }
  return erased
}

/** Counts the remaining rows, by table. */
export async function searchTenantTables(
  { db, tenant }: Pick<EraseDeps, 'db' | 'tenant'>,
  erased: ReadonlyMap<string, number>,
): Promise<Place[]> {
  const places: Place[] = []
  for (const [table, count] of erased) {
    const remains = await db.write(tenant.id, async (tx) => {
      const { rows } = await sql<{ count: number }>`
        select count(*)::int as count from ${sql.table(table)}
        where ${sql.ref(tenantColumn(table))} = ${tenant.id}::int`.execute(tx)
      return rows[0]?.count ?? 0
    })
    places.push({ place: `table ${table}`, erased: count, remains })
  }
  return places
}

const tenantColumn = (table: string): string => (table === 'tenant' ? 'id' : 'tenant_id')

/**
 * Returns every table with rows of tenants, in the order in which they can be emptied: the tenant's own row is
 * last.
 */
export async function tenantTables({ db, tenant }: Pick<EraseDeps, 'db' | 'tenant'>): Promise<string[]> {
  const tables = await db.read(tenant.id, async (tx) => {
    const { rows } = await sql<{ name: string; parents: string[] }>`
        select c.relname as name, array(
          select p.confrelid::regclass::text from pg_constraint p where p.conrelid = c.oid and p.contype = 'f'
        ) as parents
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        order by 1`.execute(tx)
    return rows
  })
  const ordered: string[] = []
  for (let waiting = tables; waiting.length > 0; ) {
    const free = waiting.filter(
      ({ name }) => !waiting.some((other) => other.name !== name && other.parents.includes(name)),
    )
    if (free.length === 0) throw new Error('tables refer to each other in a circle')
    ordered.push(...free.map(({ name }) => name))
    waiting = waiting.filter((table) => !free.includes(table))
  }
  return [...ordered.filter((name) => !triggered.includes(name)), ...triggered, 'tenant']
}
