// Finds the users whose tokens were verified: their tenants, and the roles that they have there.
import { sql } from 'kysely'
import { openMemory } from '../base/memory.ts'
import type { Clock } from '../base/time.ts'
import type { Role } from '../base/wire.ts'
import type { PenstockDatabase } from '../database/database.ts'
import { type FoundTenant, type PlanColumns, planOf } from './tenants.ts'

/** A user of a tenant, and the tenant itself. */
export interface FoundUser {
  readonly tenant: FoundTenant
  /** Undefined for a user that nobody registered. */
  readonly user: { readonly id: string; readonly role: Role; readonly suspended: boolean } | undefined
}

/** Returns undefined when there is no such tenant. */
export type FindUser = (tenantName: string, subject: string) => Promise<FoundUser | undefined>

const REMEMBERED = 10_000
const REMEMBERED_MS = 30_000
const LOOK_UP_MS = 10_000
const NAME = /^[a-z0-9-]{1,63}$/

interface UserRow extends PlanColumns {
  readonly tenant_id: number
  readonly tenant_status: string
  readonly series_limit: number
  readonly ignored_labels: readonly string[]
  readonly user_id: string | null
  readonly user_role: Role | null
  readonly user_status: string | null
}

/**
 * Makes the function that finds users, whose subject and tenant were verified before. Results are cached for 30 s, so that a change of a
 * user's role or status takes effect within 30 s. @throws {Problem} 503 when the database is unavailable: a role is never guessed.
 */
export function userFinder(deps: { readonly db: PenstockDatabase; readonly clock: Clock }): FindUser {
  const memory = openMemory<FoundUser | undefined>({ clock: deps.clock, max: REMEMBERED, ttlMs: REMEMBERED_MS })
  return async (tenantName, subject) => {
    if (!NAME.test(tenantName)) return undefined
    return await memory.get(`${tenantName} ${subject}`, () => askForUser(deps, tenantName, subject))
  }
}

async function askForUser(
  deps: { readonly db: PenstockDatabase; readonly clock: Clock },
  name: string,
  subject: string,
): Promise<FoundUser | undefined> {
  const row = await deps.db.writeAll(
    async (tx) => {
      const { rows } = await sql<UserRow>`
        select tenant_id, tenant_status, series_limit, ignored_labels, plan, requests_per_hour, points_per_minute,
          user_id, user_role, user_status
        from identify_user(${name}::text, ${subject}::text)`.execute(tx)
      return rows[0]
    },
    { deadline: deps.clock() + LOOK_UP_MS },
  )
  if (!row) return undefined
  const { user_id: id, user_role: role } = row
  return {
    tenant: {
      id: row.tenant_id,
      name,
      seriesLimit: row.series_limit,
      ignoredLabels: row.ignored_labels,
      ...planOf(row),
      suspended: row.tenant_status !== 'active',
    },
    user: id !== null && role !== null ? { id, role, suspended: row.user_status === 'suspended' } : undefined,
  }
}
