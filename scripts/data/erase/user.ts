// Erases what a tenant has stored about one user, from the tables that name users and from the archive.
import { FEEDBACK, rowObjectName } from '@penstock/shared/archive/row-datasets.ts'
import {
  type ArchivedRow,
  hashOfRows,
  readRowParquet,
  spanOf,
  writeRowParquet,
} from '@penstock/shared/archive/row-parquet.ts'
import { sql } from 'kysely'
import { declaredTables } from '../../database/slice-data.ts'
import { refuseHeld } from './hold-check.ts'
import { listObjects, type NewObject, type RecordedObject, replaceObject } from './object-records.ts'
import type { EraseDeps, Place } from './place.ts'

/**
 * Erases a user's rows. Returns the searched places with what is left there. Safe to repeat, and to resume after an interruption.
 * @throws {Held} before anything is changed, when a hold covers feedback of the tenant.
 */
export async function eraseUser(deps: EraseDeps, user: string): Promise<readonly Place[]> {
  await refuseHeld(deps, ['feedback'])
  const archived = await eraseFromObjects(deps, user)
  const places: Place[] = []
  for (const { name, person } of personTables) places.push(await eraseFromTable(deps, name, person, user))
  return [
    { place: 'feedback in archive objects', erased: archived, remains: await countInObjects(deps, user) },
    ...places,
  ]
}

/** The tables with rows about a user, and the column with the user's id. */
const personTables = declaredTables.flatMap(({ name, person }) => (person === undefined ? [] : [{ name, person }]))

async function eraseFromTable({ db, tenant }: EraseDeps, table: string, person: string, user: string): Promise<Place> {
  const own = sql`tenant_id = ${tenant.id}::int and ${sql.ref(person)} = ${user}`
  return await db.write(tenant.id, async (tx) => {
    const { numAffectedRows } = await sql`delete from ${sql.table(table)} where ${own}`.execute(tx)
    const { rows } = await sql<{
      count: number
    }>`select count(*)::int as count from ${sql.table(table)} where ${own}`.execute(tx)
    return { place: `table ${table}`, erased: Number(numAffectedRows ?? 0), remains: rows[0]?.count ?? 0 }
  })
}

async function eraseFromObjects(deps: EraseDeps, user: string): Promise<number> {
  let erased = 0
  for (const object of await listObjects(deps, 'feedback')) {
    await deps.renew()
    const rows = await rowsOf(deps, object)
    const kept = rows.filter((row) => row['user_id'] !== user)
    if (kept.length === rows.length) continue
    erased += rows.length - kept.length
    await replaceObject(deps, object, kept.length === 0 ? undefined : await rewrite(deps, object, kept))
  }
  return erased
}

async function countInObjects(deps: EraseDeps, user: string): Promise<number> {
  let count = 0
  for (const object of await listObjects(deps, 'feedback'))
    count += (await rowsOf(deps, object)).filter((row) => row['user_id'] === user).length
  return count
}

async function rewrite({ store, tenant }: EraseDeps, object: RecordedObject, kept: ArchivedRow[]): Promise<NewObject> {
  const contentHash = hashOfRows(FEEDBACK.columns, kept)
  const name = rowObjectName('feedback', tenant.name, object.month, contentHash)
  const bytes = await writeRowParquet('feedback', FEEDBACK.columns, kept)
  const stored = await store.put(name, async function* () {
    yield bytes
  })
  const back = await readRowParquet(FEEDBACK.columns, await store.readRange(stored, 0, stored.size))
  if (hashOfRows(FEEDBACK.columns, back) !== contentHash)
    throw new Error(`${store.uriOf(name)} is not what was written: the old object stays`)
  const { generation, size, crc32c } = stored
  return { name, generation, size, crc32c, rows: kept.length, contentHash, ...spanOf(FEEDBACK.age, kept) }
}

async function rowsOf({ store }: EraseDeps, object: RecordedObject): Promise<ArchivedRow[]> {
  return await readRowParquet(FEEDBACK.columns, await store.readRange(object, 0, object.size))
}
