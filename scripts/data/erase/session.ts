// The session of an erasure or an export: it acts as the tables' owner, for one tenant at a time, and excludes runs of retention.
import { promisify } from 'node:util'
import { openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { archiveConfig, archiveSettings, type Environment, parseEnvironment } from '@penstock/shared/config/config.ts'
import { runOnce } from '@penstock/shared/jobs/job-run.ts'
import { sql } from 'kysely'
import { z } from 'zod'
import { ARCHIVE_BUCKET, readLocalSuite } from '../../cli/state.ts'
import { type AdminDatabase, openAdminDatabase } from '../../database/admin-database.ts'
import { findAdminTenant } from '../../database/admin-tenant.ts'
import { ADMIN, OWNER } from '../../database/roles.ts'
import type { EraseDeps } from './place.ts'

/** A killed run delays retention this long. */
const LEASE_MS = 3_600_000
const WAIT_MS = 1_800_000

/**
 * Opens the session, waits for a run of retention to end, and prevents further runs. `work` may be repeated after a failure.
 * @throws {Error} when there is no such tenant, no database or no bucket.
 */
export async function withErasure<T extends object>(
  environment: Environment,
  { tenant: tenantName, ...recorded }: Recorded,
  work: (deps: EraseDeps) => Promise<T>,
): Promise<T> {
  const tenant = await findTenant(tenantName)
  const store = openArchiveStore(archiveConfig(parseEnvironment(z.object(archiveSettings), withLocal(environment))))
  const db = await openAdminDatabase({ role: OWNER, statementTimeoutMs: 0 })
  try {
    // The audit log has one entry of the erasure, and none for each row.
    await db.onEachConnection(
      async (client) => void (await client.query(`select set_config('app.run', 'erase', false)`)),
    )
    const result = await alone(db, async (renew) => await work({ db, store, tenant, renew }))
    await record(db, tenant, recorded)
    return result
  } finally {
    await db.close()
  }
}

/** The entry of the audit log. */
interface Recorded {
  readonly tenant: string
  readonly action: 'tenant.erase' | 'tenant.export' | 'user.erase' | 'series.erase'
  /** The id of the object; default: the tenant's. Absent for a series, whose name is erased. */
  readonly object?: string | undefined
}

/** Writes the entry of the audit log, which outlives the tenant. */
async function record(db: AdminDatabase, { id }: Tenant, { action, object }: Omit<Recorded, 'tenant'>): Promise<void> {
  const type = action.slice(0, action.indexOf('.'))
  await db.write(id, async (tx) => {
    await sql`insert into audit_entry (tenant_id, action, object_type, object_id)
      values (${id}::int, ${action}, ${type}, ${action.startsWith('tenant.') ? String(id) : (object ?? null)})`.execute(
      tx,
    )
  })
}

async function findTenant(name: string): Promise<{ readonly id: number; readonly name: string }> {
  const db = await openAdminDatabase({ role: ADMIN, statementTimeoutMs: 30_000 })
  try {
    const tenant = await findAdminTenant(db, name)
    if (!tenant) throw new Error(`there is no tenant ${name}`)
    return { id: tenant.id, name: tenant.name }
  } finally {
    await db.close()
  }
}

/**
 * Opens the session for every tenant, which excludes runs of retention like `withErasure`.
 * @throws {Error} when there is no database or no bucket.
 */
export async function withEveryTenant<T extends object>(
  environment: Environment,
  work: (deps: Pick<EraseDeps, 'db' | 'store' | 'renew'> & { readonly tenants: readonly Tenant[] }) => Promise<T>,
): Promise<T> {
  const tenants = await findTenants()
  const store = openArchiveStore(archiveConfig(parseEnvironment(z.object(archiveSettings), withLocal(environment))))
  const db = await openAdminDatabase({ role: OWNER, statementTimeoutMs: 0 })
  try {
    return await alone(db, async (renew) => await work({ db, store, tenants, renew }))
  } finally {
    await db.close()
  }
}

interface Tenant {
  readonly id: number
  readonly name: string
}

async function findTenants(): Promise<readonly Tenant[]> {
  const db = await openAdminDatabase({ role: ADMIN, statementTimeoutMs: 30_000 })
  try {
    return await db.readAll((tx) => tx.selectFrom('tenant').select(['id', 'name']).orderBy('id').execute())
  } finally {
    await db.close()
  }
}

/** Uses the bucket of the running local suite, unless the environment names one. */
function withLocal(environment: Environment): Environment {
  const endpoint = environment['ARCHIVE_BUCKET'] === undefined ? readLocalSuite()?.storage_url : undefined
  return endpoint === undefined ? environment : { ARCHIVE_BUCKET, ARCHIVE_STORAGE_ENDPOINT: endpoint }
}

/** Retention moves months and writes objects, so during its runs the places of data are unknown. */
async function alone<T extends object>(
  db: AdminDatabase,
  work: (renew: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const deps = {
    db,
    now: Date.now,
    pause: promisify(setTimeout),
    limits: { leaseMs: LEASE_MS, pollMs: 1_000 },
  }
  let result: T | undefined
  await runOnce(deps, { job: 'retention', scheduleTime: undefined, waitMs: WAIT_MS }, async (renew) => {
    result = await work(renew)
    // Not recorded as a success, because the age of retention's last success must stay visible.
    return { outcome: 'partial', result: { message: 'A person’s command ran in its place' } }
  })
  return result as T
}

/** Refreshes the planner's statistics, which hold frequent values of every column. */
export async function refreshStatistics(db: AdminDatabase): Promise<void> {
  const tables = await db.writeAll(async (tx) => {
    const { rows } = await sql<{ name: string }>`
      select c.relname as name from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`.execute(
      tx,
    )
    return rows
  })
  for (const { name } of tables) await db.client.query(`analyze ${db.client.escapeIdentifier(name)}`)
}
