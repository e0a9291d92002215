// The administration of tenants, through functions of the database: this slice's role sees no tenant but the caller's.
import type { Database } from '@penstock/shared/schema/index.ts'
import { sql, type Transaction } from 'kysely'

type Tx = Transaction<Database>

export interface TenantRow {
  readonly name: string
  readonly status: 'active' | 'suspended'
  readonly plan: string
  readonly series_limit: number
  readonly series_count: number
  readonly ignored_labels: readonly string[]
  readonly created_at: string
}

/** The values of a new tenant, or of a change; null is the default, or keeps the value. */
export interface TenantValues {
  readonly name: string
  readonly status: string | null
  readonly plan: string | null
  readonly seriesLimit: number | null
  readonly ignoredLabels: readonly string[] | null
}

/** Selects tenants by name, those after a name. At most 1,001. */
export async function selectTenants(tx: Tx, after: string, limit: number): Promise<readonly TenantRow[]> {
  const { rows } = await sql<TenantRow>`select * from list_tenants(${after}::text, ${limit}::int)`.execute(tx)
  return rows
}

/** Makes a tenant; returns undefined when there is one of this name. */
export async function insertTenant(tx: Tx, tenant: TenantValues): Promise<TenantRow | undefined> {
  const { rows } = await sql<TenantRow>`
    select * from add_tenant(${tenant.name}::text, coalesce(${tenant.plan}::text, 'unlimited'), ${tenant.seriesLimit}::int,
      ${tenant.ignoredLabels}::text[])`.execute(tx)
  return rows[0]
}

/** Changes a tenant; returns undefined when there is none of this name. */
export async function updateTenant(tx: Tx, tenant: TenantValues): Promise<TenantRow | undefined> {
  const { rows } = await sql<TenantRow>`
    select * from change_tenant(${tenant.name}::text, ${tenant.status}::text, ${tenant.plan}::text, ${tenant.seriesLimit}::int,
      ${tenant.ignoredLabels}::text[])`.execute(tx)
  return rows[0]
}
