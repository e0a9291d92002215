// Lists the archive, object by object and month by month.
import { toWire } from '@penstock/shared/base/time.ts'
import type { ArchivedObject, ArchivesQuery, MonthOfMap } from '../contract.ts'
import type { PolicyDeps } from '../policy.ts'
import { type ObjectRow, selectMonthRows, selectObjectRows } from './archive-list-queries.ts'

type ListDeps = Pick<PolicyDeps, 'db' | 'store'>

/** Returns a page of the objects in storage, oldest record first; `next` is the position of the next page. */
export async function listArchives(
  { db, store }: ListDeps,
  { limit, after = '0', ...filter }: ArchivesQuery,
): Promise<{ readonly objects: readonly ArchivedObject[]; readonly next: string | undefined }> {
  const page = { after, limit: limit + 1 }
  const rows = await db.readAll((tx) => selectObjectRows(tx, filter, page))
  const shown = rows.slice(0, limit)
  return {
    objects: shown.map((row) => toArchivedObject(store, row)),
    next: rows.length > limit ? shown.at(-1)?.id : undefined,
  }
}

/** Returns every month of points with its location; with a tenant's name, for that tenant. */
export async function mapMonths(
  { db }: ListDeps,
  tenant: string | undefined,
): Promise<{ months: readonly MonthOfMap[] }> {
  return { months: await db.readAll((tx) => selectMonthRows(tx, tenant)) }
}

const toArchivedObject = (store: PolicyDeps['store'], row: ObjectRow): ArchivedObject => ({
  dataset: row.dataset,
  tenant: row.tenant,
  month: row.month,
  uri: store.uriOf(row.name),
  generation: row.generation,
  rows: Number(row.rows),
  min_timestamp: toWire(row.min_ts),
  max_timestamp: toWire(row.max_ts),
  size_bytes: Number(row.size_bytes),
  crc32c: row.crc32c,
  content_sha256: row.content_sha256.toString('hex'),
  state: row.state,
  held: row.held,
  written_at: toWire(row.written_at),
})
