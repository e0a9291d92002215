// Erases a tenant: rows, roll-ups, objects, keys, and its name.
import { sql } from 'kysely'
import { declaredTables } from '../../database/slice-data.ts'
import { refuseHeld } from './hold-check.ts'
import { eraseTenantPoints } from './logged.ts'
import { forgetTenantRuns } from './object-runs.ts'
import type { EraseDeps, Place } from './place.ts'
import { eraseTenantTables, searchTenantTables } from './tenant-tables.ts'

const DATASETS = ['metrics', ...declaredTables.flatMap(({ ages }) => ages?.archived ?? [])]

/**
 * Erases a tenant. Its keys are revoked first. Functions cache a key for 30 s: `settle` waits for that, and then the rows that arrived in
 * the meantime are erased too. Returns the searched places with what is left there. Safe to repeat, and to resume after an interruption.
 * @throws {Held} before anything is changed, when a hold covers any data of the tenant.
 */
export async function eraseTenant(deps: EraseDeps, settle: () => Promise<void>): Promise<readonly Place[]> {
  await refuseHeld(deps, DATASETS)
  await revokeKeys(deps)
  await forgetTenantRuns(deps)
  const objects = await eraseObjects(deps)
  await settle()
  await eraseTenantPoints(deps)
  const tables = await eraseTenantTables(deps)
  const runs = await eraseName(deps)
  return [
    { place: 'objects in storage', erased: objects, remains: await countObjects(deps) },
    ...(await searchTenantTables(deps, tables)),
    runs,
  ]
}

async function revokeKeys({ db, tenant }: EraseDeps): Promise<void> {
  await db.write(tenant.id, async (tx) => {
    await sql`update tenant set status = 'suspended' where id = ${tenant.id}::int`.execute(tx)
    await sql`
      update api_key set revoked_at = clock_timestamp() where tenant_id = ${tenant.id}::int and revoked_at is null`.execute(
      tx,
    )
  })
}

const prefixes = ({ tenant }: EraseDeps): readonly string[] =>
  [...DATASETS, 'held'].map((folder) => `${folder}/tenant=${tenant.name}/`)

/** Removes everything in storage under the tenant's name, recorded or not. */
async function eraseObjects(deps: EraseDeps): Promise<number> {
  let erased = 0
  for (const prefix of prefixes(deps)) {
    for await (const object of deps.store.list(prefix)) {
      await deps.renew()
      if (await deps.store.remove(object)) erased++
    }
  }
  return erased
}

async function countObjects(deps: EraseDeps): Promise<number> {
  let count = 0
  for (const prefix of prefixes(deps)) for await (const _ of deps.store.list(prefix)) count++
  return count
}

/** Records of runs name the objects that they wrote, and objects name their tenant. */
async function eraseName({ db, tenant }: EraseDeps): Promise<Place> {
  const named = `/tenant=${tenant.name}/`
  return await db.writeAll(async (tx) => {
    const { numAffectedRows } = await sql`
      update job_run set result = replace(result::text, ${named}, '/tenant=erased/')::jsonb
      where strpos(result::text, ${named}) > 0`.execute(tx)
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from job_run where strpos(result::text, ${named}) > 0`.execute(tx)
    return { place: 'records of runs', erased: Number(numAffectedRows ?? 0), remains: rows[0]?.count ?? 0 }
  })
}
