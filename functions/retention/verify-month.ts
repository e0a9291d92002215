// functions/retention/verify-month.ts: the proof that a month is in storage: read back, compared, and counted against the database
import { readMetricParquet } from '@penstock/shared/metric-parquet-reader.ts'
import { type MetricRun, metricSummary } from '@penstock/shared/metric-runs.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import { formatTimestamp, fromPostgres } from '@penstock/shared/time.ts'
import type { Transaction } from 'kysely'
import { type ArchivedObject, markRead, promoteObjects, retireObject, selectObjects } from './archive-queries.ts'
import { contains } from './contains.ts'
import { assertSeesAll, isOver, MOVED, type MonthDeps, type Progress, tableOf } from './month-deps.ts'
import { countPoints, selectTenants } from './month-point-queries.ts'
import { keepMonth, type MonthFound, moveMonth } from './month-state-queries.ts'
import { wholeObject } from './whole-object.ts'

/**
 * Reads back every object of a written month that was not read yet: its bytes, rows, first and last instant and content are those that
 * were written, and all of the object that it replaces is in it. Then all objects together have as many rows as the month, counted by a role that
 * sees every row. Safe to repeat.
 * @throws {Error} when something differs; the month is then written again.
 */
export async function verifyMonth(deps: MonthDeps, found: MonthFound): Promise<Progress> {
  const objects = await deps.db.inTransaction(async (tx) => await selectObjects(tx, found.month), { readOnly: true })
  for (const object of objects.filter(({ state, verified }) => state === 'written' && !verified)) {
    if (isOver(deps)) return { kind: 'more' }
    const before = objects.find(({ tenantId, state }) => tenantId === object.tenantId && state === 'verified')
    const wrong = (await differenceOf(deps, object)) ?? (before && (await lossOf(deps, before, object)))
    if (wrong) await writeAgain(deps, found, object, wrong)
    await deps.db.inTransaction(async (tx) => {
      await keepMonth(tx, found)
      await markRead(tx, object.id)
    })
  }
  const missing = await deps.db.inTransaction(
    async (tx) => {
      await assertSeesAll(tx)
      const gap = await gapOf(tx, found)
      await moveMonth(tx, found, gap === undefined ? 'verified' : 'sealed')
      if (gap === undefined) await promoteObjects(tx, found.month)
      return gap
    },
    { deadline: deps.now() + deps.limits.readMs },
  )
  if (missing !== undefined) throw new Error(missing)
  return MOVED
}

/** What an object in storage is not as it is recorded; undefined when it is. @throws {StorageTrouble} when it cannot be read. */
async function differenceOf(
  deps: Pick<MonthDeps, 'store' | 'renew' | 'limits'>,
  object: ArchivedObject,
): Promise<string | undefined> {
  const whole = wholeObject(deps.store, object, deps.limits.blockBytes)
  const summary = metricSummary()
  try {
    for await (const run of renewing(deps, readMetricParquet(whole.file))) summary.add(run)
  } catch (error) {
    // Storage that is not available says nothing of the object.
    if (error instanceof Error && error.name === 'StorageTrouble') throw error
    return `cannot be read: ${error instanceof Error ? error.message : String(error)}`
  }
  const { rows, minAt, maxAt, contentHash } = summary.finish()
  const is = [
    await whole.checksum(),
    rows,
    minAt && formatTimestamp(minAt),
    maxAt && formatTimestamp(maxAt),
    contentHash,
  ].join()
  const was = [object.crc32c, object.rows, instant(object.minTs), instant(object.maxTs), object.contentHash].join()
  return is === was ? undefined : `has ${is}, and was written with ${was}`
}

const instant = (text: string): string => formatTimestamp(fromPostgres(text))

async function* renewing(
  { renew }: Pick<MonthDeps, 'renew'>,
  runs: AsyncIterable<MetricRun>,
): AsyncGenerator<MetricRun, void> {
  let rows = 0
  for await (const run of runs) {
    rows += run.at.length
    if (rows > ROWS_BETWEEN_RENEWALS) {
      rows = 0
      await renew()
    }
    yield run
  }
}

const ROWS_BETWEEN_RENEWALS = 1_000_000

async function lossOf(deps: MonthDeps, before: ArchivedObject, object: ArchivedObject): Promise<string | undefined> {
  const rowsOf = (of: ArchivedObject) => readMetricParquet(wholeObject(deps.store, of, deps.limits.blockBytes).file)
  if (await contains(renewing(deps, rowsOf(object)), rowsOf(before))) return undefined
  return `does not have every point of ${before.name}, which it would replace`
}

/** Nothing rests on the object yet: the next run removes it, and writes the month from the database once more. */
async function writeAgain({ db }: MonthDeps, found: MonthFound, object: ArchivedObject, wrong: string): Promise<never> {
  await db.inTransaction(async (tx) => {
    await moveMonth(tx, found, 'sealed')
    await retireObject(tx, object.id)
  })
  throw new Error(`${object.name} ${wrong}`)
}

/** What of a month is in no object that was read back; undefined when nothing is missing. */
async function gapOf(tx: Transaction<Database>, found: MonthFound): Promise<string | undefined> {
  const range = tableOf(found)
  const objects = (await selectObjects(tx, found.month)).filter(({ verified }) => verified)
  let rows = 0
  for (const { tenantId, name, points } of await selectTenants(tx, range)) {
    const of = (state: string) => objects.find((object) => object.tenantId === tenantId && object.state === state)
    const object = of('written') ?? of('verified')
    if (object?.rows !== points) return `${name} has ${points} points in ${found.month}, and its object ${object?.rows}`
    rows += object.rows
  }
  const points = await countPoints(tx, range)
  return rows === points ? undefined : `${found.month} has ${points} points, and its objects have ${rows}`
}
