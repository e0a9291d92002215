// The rules of the administration of tenants, for platform keys.
import { conflict, notFound, Problem } from '@penstock/shared/base/problem.ts'
import { toWire } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { NewTenant, TenantChange, TenantEntry, TenantPage, TenantsQuery } from './tenant-contract.ts'
import { insertTenant, selectTenants, type TenantRow, type TenantValues, updateTenant } from './tenant-queries.ts'

export interface TenantDeps {
  readonly db: PenstockDatabase
}

/** Returns a page of tenants, by name. */
export async function tenants({ db }: TenantDeps, { after, limit }: TenantsQuery): Promise<TenantPage> {
  const rows = await db.readAll((tx) => selectTenants(tx, after, limit + 1))
  const page = rows.slice(0, limit)
  return { tenants: page.map(toEntry), next: rows.length > limit ? (page.at(-1)?.name ?? null) : null }
}

/** Makes a tenant, by default with the plan `unlimited`. @throws {Problem} 409 when there is one of this name. */
export async function createTenant({ db }: TenantDeps, made: NewTenant): Promise<TenantEntry> {
  const row = await db.writeAll((tx) => insertTenant(tx, { ...valuesOf(made), name: made.name }))
  if (!row) throw new Problem(conflict, `There is a tenant ${made.name} already.`)
  return toEntry(row)
}

/**
 * Changes what is sent; it holds everywhere after 30 s. Another plan sets the limit of series to its own, unless one is sent. Safe to
 * repeat. @throws {Problem} 404.
 */
export async function changeTenant({ db }: TenantDeps, name: string, change: TenantChange): Promise<TenantEntry> {
  const row = await db.writeAll((tx) => updateTenant(tx, { ...valuesOf(change), name }))
  if (!row) throw new Problem(notFound, 'Tenant not found')
  return toEntry(row)
}

const valuesOf = (sent: TenantChange): Omit<TenantValues, 'name'> => ({
  status: sent.status ?? null,
  plan: sent.plan ?? null,
  seriesLimit: sent.series_limit ?? null,
  ignoredLabels: sent.ignored_labels ?? null,
})

const toEntry = (row: TenantRow): TenantEntry => ({
  name: row.name,
  status: row.status,
  plan: row.plan,
  series_limit: row.series_limit,
  series: row.series_count,
  ignored_labels: row.ignored_labels,
  created_at: toWire(row.created_at),
})
