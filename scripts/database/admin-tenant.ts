// Finds tenants by name, for a person's commands.
import type { Tenant } from '@penstock/shared/auth/principal.ts'
import type { AdminDatabase } from './admin-database.ts'

export interface AdminTenant extends Tenant {
  readonly suspended: boolean
  /** Number of series that may still be added. */
  readonly room: number
}

/** Returns the tenant of this name; undefined when there is none. */
export async function findAdminTenant(
  db: Pick<AdminDatabase, 'readAll' | 'writeAll'>,
  name: string,
): Promise<AdminTenant | undefined> {
  const row = await db.readAll((tx) =>
    tx
      .selectFrom('tenant')
      .select(['id', 'name', 'status', 'series_limit', 'series_count', 'ignored_labels'])
      .where('name', '=', name)
      .executeTakeFirst(),
  )
  if (!row) return undefined
  return {
    id: row.id,
    name: row.name,
    seriesLimit: row.series_limit,
    ignoredLabels: row.ignored_labels,
    suspended: row.status !== 'active',
    room: Math.max(0, row.series_limit - row.series_count),
  }
}
