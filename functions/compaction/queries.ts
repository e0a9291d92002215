// The statements on tenants. Those on points are in shared/compaction.
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'

/** Returns the names of tenants by their ids. */
export async function selectTenantNames(
  tx: Transaction<Database>,
  ids: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const rows = await tx.selectFrom('tenant').select(['id', 'name']).where('id', 'in', ids).execute()
  return new Map(rows.map(({ id, name }) => [id, name]))
}
