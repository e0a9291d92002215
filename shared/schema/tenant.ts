import type { Generated } from 'kysely'

/** The owner of rows. Names never change. */
export interface TenantTable {
  readonly id: Generated<number>
  readonly name: string
  status: Generated<'active' | 'suspended'>
  series_limit: Generated<number>
  series_count: Generated<number>
  ignored_labels: Generated<string[]>
  readonly created_at: Generated<string>
}
