// Finds tenants by name, for callers without a key: pushes whose URL names the tenant, and callers of an open suite.
import { sql } from 'kysely'
import { openMemory } from '../base/memory.ts'
import type { Clock } from '../base/time.ts'
import type { PenstockDatabase } from '../database/database.ts'
import type { Plan, Tenant } from './principal.ts'

export interface FoundTenant extends Tenant {
  readonly suspended: boolean
}

/** Returns undefined when there is no such tenant. */
export type FindTenant = (name: string) => Promise<FoundTenant | undefined>

const REMEMBERED = 10_000
const REMEMBERED_MS = 30_000
const LOOK_UP_MS = 10_000
const NAME = /^[a-z0-9-]{1,63}$/

/**
 * Makes the function that finds tenants. Results, also negative ones, are cached for 30 s. @throws {Problem} 503 when the database is
 * unavailable.
 */
export function tenantFinder(deps: { readonly db: PenstockDatabase; readonly clock: Clock }): FindTenant {
  const memory = openMemory<FoundTenant | undefined>({ clock: deps.clock, max: REMEMBERED, ttlMs: REMEMBERED_MS })
  return async (name) => {
    if (!NAME.test(name)) return undefined
    return await memory.get(name, () => askForTenant(deps, name))
  }
}

interface TenantRow extends PlanColumns {
  readonly id: number
  readonly name: string
  readonly status: string
  readonly series_limit: number
  readonly ignored_labels: readonly string[]
}

async function askForTenant(
  deps: { readonly db: PenstockDatabase; readonly clock: Clock },
  name: string,
): Promise<FoundTenant | undefined> {
  const row = await deps.db.readAll(
    async (tx) => {
      const { rows } = await sql<TenantRow>`
        select id, name, status, series_limit, ignored_labels, plan, requests_per_hour, points_per_minute
        from find_tenant_and_plan(${name}::text)`.execute(tx)
      return rows[0]
    },
    { deadline: deps.clock() + LOOK_UP_MS },
  )
  if (!row) return undefined
  return {
    id: row.id,
    name: row.name,
    seriesLimit: row.series_limit,
    ignoredLabels: row.ignored_labels,
    ...planOf(row),
    suspended: row.status !== 'active',
  }
}

/** The columns of a tenant's plan. */
export interface PlanColumns {
  readonly plan?: string | null
  readonly requests_per_hour?: number | null
  readonly points_per_minute?: number | null
}

/** Returns the plan as a part of a tenant: nothing for a plan without limits. */
export function planOf(row: PlanColumns): { readonly plan?: Plan } {
  const { plan: name, requests_per_hour: requestsPerHour = null, points_per_minute: pointsPerMinute = null } = row
  if (!name || (requestsPerHour === null && pointsPerMinute === null)) return {}
  return { plan: { name, requestsPerHour, pointsPerMinute } }
}
