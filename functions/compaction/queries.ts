// functions/compaction/queries.ts: what it asks about tenants. What it asks about points is @penstock/shared/points/compaction.
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'

/** Names of tenants by their ids. */
export async function selectTenantNames(
  tx: Transaction<Database>,
  ids: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const rows = await tx.selectFrom('tenant').select(['id', 'name']).where('id', 'in', ids).execute()
  return new Map(rows.map(({ id, name }) => [id, name]))
}
