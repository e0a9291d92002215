// The statement that finds a tenant by its name.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

/** Returns the id of an active tenant. Needs no tenant. */
export async function selectTenantByName(tx: Transaction<Database>, name: string): Promise<number | undefined> {
  const { rows } = await sql<{ id: number }>`
    select id from find_tenant(${name}::text) where status = 'active'`.execute(tx)
  return rows[0]?.id
}
