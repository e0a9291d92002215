// Backfill jobs on a real database, with tenants of their own.
import { randomUUID } from 'node:crypto'
import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../postgres/database.ts'

export interface Backfill {
  /** Used for assertions that bypass the code under test. */
  readonly admin: TestDatabase
  readonly deps: { readonly db: PenstockDatabase; readonly newId: () => string }
  readonly caller: TenantPrincipal
  /** Another tenant. */
  readonly stranger: TenantPrincipal
  /** Opens another instance of the function. */
  instance(): PenstockDatabase
  /** Expires every lease that is held. */
  letLeasesEnd(jobId: string): Promise<void>
  close(): Promise<void>
}

export async function openBackfill(): Promise<Backfill> {
  const admin = await createTestDatabase()
  const opened: PenstockDatabase[] = []
  const instance = () => {
    const db = admin.openAs('backfill')
    opened.push(db)
    return db
  }
  return {
    admin,
    deps: { db: instance(), newId: randomUUID },
    caller: await principal(admin),
    stranger: await principal(admin),
    instance,
    async letLeasesEnd(jobId) {
      await admin.query(
        `update backfill_lease set expires_at = now() - interval '1 ms' where job_id = $1 and state <> 'done'`,
        [jobId],
      )
    },
    async close() {
      await Promise.all(opened.map((db) => db.close()))
      await admin.drop()
    },
  }
}

async function principal(db: TestDatabase): Promise<TenantPrincipal> {
  const tenant = { id: await createTenant(db), name: 't', seriesLimit: 0, ignoredLabels: [] }
  return { kind: 'tenant', name: 'key:test', tenant, scopes: ['backfill:read', 'backfill:write'] }
}
