// Refuses to erase data under a legal hold, or objects with a temporary hold of any origin.
import { sql } from 'kysely'
import { type EraseDeps, Held } from './place.ts'

/** Checks for holds. @throws {Held} that names the holds on these datasets of the tenant. */
export async function refuseHeld({ db, store, tenant }: EraseDeps, datasets: readonly string[]): Promise<void> {
  const holds = await db.read(tenant.id, async (tx) => {
    const { rows } = await sql<{ id: string; dataset: string; reason: string; placed_by: string }>`
        select id, dataset, reason, placed_by from archive_hold
        where tenant_id = ${tenant.id}::int and released_at is null and dataset = any(${[...datasets]}::text[])
        order by id`.execute(tx)
    return rows
  })
  const named = holds.map((hold) => `hold ${hold.id} on ${hold.dataset} (${hold.reason}; ${hold.placed_by})`)
  if (named.length > 0) throw new Held(`held data is not erased: ${named.join(', ')}`)
  for (const folder of [...datasets, 'held']) {
    for await (const { name, held } of store.list(`${folder}/tenant=${tenant.name}/`))
      if (held) throw new Held(`held data is not erased: ${store.uriOf(name)} carries a temporary hold`)
  }
}
