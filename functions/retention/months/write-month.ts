// Writes a sealed month to storage, one object per tenant.

import { ArchiveFault, forTenant } from '@penstock/shared/archive/archive-fault.ts'
import { metricParquet } from '@penstock/shared/archive/metric-parquet.ts'
import { type MetricRun, type MetricSummary, metricSummary } from '@penstock/shared/archive/metric-runs.ts'
import { ObjectDiffers } from '@penstock/shared/archive/storage-errors.ts'
import type { StoredObject } from '@penstock/shared/archive/stored-object.ts'
import { monthTable, ROLLUPS } from '@penstock/shared/months/month-table.ts'
import { refreshInvalidHours } from '@penstock/shared/months/rollup-hours.ts'
import { selectAttached } from '@penstock/shared/months/table-queries.ts'
import { insertObject, type ObjectRecord, selectObjects } from '../objects/archive-queries.ts'
import { holdObject } from '../objects/hold-objects.ts'
import { metricObjectName } from '../objects/object-names.ts'
import { removeObject } from '../objects/obsolete.ts'
import { isOver } from '../policy.ts'
import { assertSeesAll, MOVED, type MonthDeps, type Progress, tableOf, waits } from './month-deps.ts'
import { selectTenants, type TenantPoints } from './month-point-queries.ts'
import { monthPoints } from './month-points.ts'
import { keepMonth, type MonthFound, moveMonth, rollupsAreComplete } from './month-state-queries.ts'

/**
 * Writes the missing objects of a sealed month, once its roll-ups are complete, because they are computed from points. Each object is
 * read from the database twice, first to compute its name from its content. Memory use does not grow with the month, and no transaction
 * is open during a wait for storage. Safe to repeat: an object with the same content is not written again.
 * @throws {StorageTrouble} when storage does not accept an object; {Error} when the month changed in the meantime.
 */
export async function writeMonth(deps: MonthDeps, found: MonthFound): Promise<Progress> {
  const range = tableOf(found)
  const look = { deadline: deps.now() + deps.limits.readMs }
  const ready = await deps.db.readAll(async (tx) => {
    await assertSeesAll(tx)
    return await rollupsAreComplete(tx, range)
  }, look)
  if (!ready && !(await completeRollups(deps, found))) return waits('its roll-ups are not complete')
  const tenants = await deps.db.readAll((tx) => selectTenants(tx, range), look)
  const objects = await deps.db.readAll((tx) => selectObjects(tx, found.month), look)
  for (const tenant of tenants) {
    if (isOver(deps)) return { kind: 'more' }
    const present = objects.filter(({ tenantId }) => tenantId === tenant.tenantId)
    await forTenant(tenant.name, async () => await writeTenant(deps, found, tenant, present))
  }
  await deps.db.writeAll((tx) => moveMonth(tx, found, 'written'))
  return MOVED
}

/** Only invalid hours can delay the roll-ups of a sealed month, mostly those of a reopened one. */
async function completeRollups(deps: MonthDeps, found: MonthFound): Promise<boolean> {
  const table = monthTable(ROLLUPS, found.month)
  if (!(await deps.db.readAll((tx) => selectAttached(tx, ROLLUPS, table)))) return false
  const choice = { months: [found.month], tenants: null, limit: deps.limits.batchHours }
  for (let taken = choice.limit; taken === choice.limit; ) {
    if (isOver(deps)) return false
    await deps.renew()
    taken = await deps.db.writeAll(async (tx) => (await refreshInvalidHours(tx, choice)).taken)
  }
  return await deps.db.readAll((tx) => rollupsAreComplete(tx, tableOf(found)))
}

async function writeTenant(
  deps: MonthDeps,
  found: MonthFound,
  { tenantId, name, points }: TenantPoints,
  present: readonly ObjectRecord[],
): Promise<void> {
  const read = () => monthPoints(deps, { tenantId, range: tableOf(found) })
  const { rows, minAt, maxAt, contentHash } = await summaryOf(read())
  if (rows !== points || minAt === null || maxAt === null) {
    const sentence = `Tenant ${name} has ${points} points in ${found.month}, but only ${rows} of them belong to its own series.`
    throw new ArchiveFault(sentence, { tenant: name })
  }
  if (present.some((object) => stands(object) && object.contentHash === contentHash)) return

  const objectName = metricObjectName(name, found.month, contentHash)
  // An object of an earlier life of the month is removed first: a suspended run might still be about to remove it, so nothing new may
  // depend on it.
  for (const old of present) if (old.name === objectName) await removeObject(deps, old)
  const stored = await put(deps, objectName, () => metricParquet(sameAs(contentHash, name, read())))
  const { generation, size, crc32c } = stored
  const object = {
    tenantId,
    month: found.month,
    name: objectName,
    generation,
    size,
    crc32c,
    rows,
    minAt,
    maxAt,
    contentHash,
  }
  await deps.db.writeAll(async (tx) => {
    await keepMonth(tx, found)
    await insertObject(tx, object)
  })
  await holdObject(deps, object)
}

const stands = ({ state }: ObjectRecord): boolean => state === 'written' || state === 'verified'

async function summaryOf(runs: AsyncIterable<MetricRun>): Promise<MetricSummary> {
  const summary = metricSummary()
  for await (const run of runs) summary.add(run)
  return summary.finish()
}

/** Passes the same runs on. @throws {Error} at their end when their content does not match the object's name. */
async function* sameAs(
  contentHash: string,
  tenant: string,
  runs: AsyncIterable<MetricRun>,
): AsyncGenerator<MetricRun, void> {
  const summary = metricSummary()
  for await (const run of runs) {
    summary.add(run)
    yield run
  }
  if (summary.finish().contentHash !== contentHash)
    throw new ArchiveFault(`The points of tenant ${tenant} changed while they were written.`, { tenant })
}

async function put({ store }: MonthDeps, name: string, body: () => AsyncIterable<Uint8Array>): Promise<StoredObject> {
  try {
    return await store.put(name, body)
  } catch (error) {
    if (!(error instanceof ObjectDiffers)) throw error
    // An unrecorded object of that name with other bytes was left by an interrupted upload and is safe to replace.
    await store.remove(error.existing)
    return await store.put(name, body)
  }
}
