// The session of an erasure or an export: the tables' owner, one tenant at a time, and no run of retention beside it.
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

/** A run that is killed keeps retention waiting so long. */
const LEASE_MS = 3_600_000
const WAIT_MS = 1_800_000

/**
 * Opens the session, waits for a run of retention to end, and keeps others away. `work` may be repeated after it failed.
 * @throws {Error} when there is no such tenant, no database or no bucket.
 */
export async function withErasure<T extends object>(
  environment: Environment,
  tenantName: string,
  work: (deps: EraseDeps) => Promise<T>,
): Promise<T> {
  const tenant = await findTenant(tenantName)
  const store = openArchiveStore(archiveConfig(parseEnvironment(z.object(archiveSettings), withLocal(environment))))
  const db = await openAdminDatabase({ role: OWNER, statementTimeoutMs: 0 })
  try {
    return await alone(db, async (renew) => await work({ db, store, tenant, renew }))
  } finally {
    await db.close()
  }
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

/** Of the running local suite, unless the environment names a bucket. */
function withLocal(environment: Environment): Environment {
  const endpoint = environment['ARCHIVE_BUCKET'] === undefined ? readLocalSuite()?.storage_url : undefined
  return endpoint === undefined ? environment : { ARCHIVE_BUCKET, ARCHIVE_STORAGE_ENDPOINT: endpoint }
}

/** Retention moves months and writes objects: while that goes on, nobody can say what is where. */
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
    // No success: how old the last good run of retention is, is still to be seen.
    return { outcome: 'partial', result: { message: 'A person’s command ran in its place' } }
  })
  return result as T
}

/** Brings the planner's statistics to what is left: they hold frequent values of every column. */
export async function refreshStatistics(db: AdminDatabase): Promise<void> {
  const tables = await db.inTransaction(async (tx) => {
    const { rows } = await sql<{ name: string }>`
      select c.relname as name from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`.execute(
      tx,
    )
    return rows
  })
  for (const { name } of tables) await db.client.query(`analyze ${db.client.escapeIdentifier(name)}`)
}
