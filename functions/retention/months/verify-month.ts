// Proves that a month is in storage: its objects are read back, compared, and counted against the database.

import { ArchiveFault, type FaultPlace, ObjectChanged } from '@penstock/shared/archive/archive-fault.ts'
import { wholeRows } from '@penstock/shared/archive/whole-rows.ts'
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Transaction } from 'kysely'
import { markRead, type ObjectRecord, promoteObjects, retireObject, selectObjects } from '../objects/archive-queries.ts'
import { contains } from '../objects/contains.ts'
import { isOver } from '../policy.ts'
import { assertSeesAll, MOVED, type MonthDeps, type Progress, tableOf } from './month-deps.ts'
import { countPoints, selectTenants } from './month-point-queries.ts'
import { keepMonth, type MonthFound, moveMonth } from './month-state-queries.ts'

/**
 * Reads back every object of a written month that was not read yet, and checks that its bytes, rows, first and last instant and content
 * are those that were written, and that it contains every key of the object that it replaces. Then checks that all objects together have
 * as many rows as the month, counted by a role that sees every row. Safe to repeat.
 * @throws {Error} when something differs; the month is then written again.
 */
export async function verifyMonth(deps: MonthDeps, found: MonthFound): Promise<Progress> {
  const objects = await deps.db.readAll((tx) => selectObjects(tx, found.month))
  for (const object of objects.filter(({ state, verified }) => state === 'written' && !verified)) {
    if (isOver(deps)) return { kind: 'more' }
    const before = objects.find(({ tenantId, state }) => tenantId === object.tenantId && state === 'verified')
    await readBack(deps, object, before).catch(async (error: unknown) => {
      if (error instanceof ObjectChanged) await writeAgain(deps, found, object)
      throw error
    })
    await deps.db.writeAll(async (tx) => {
      await keepMonth(tx, found)
      await markRead(tx, object.id)
    })
  }
  const missing = await deps.db.writeAll(
    async (tx) => {
      await assertSeesAll(tx)
      const gap = await gapOf(tx, found)
      await moveMonth(tx, found, gap ? 'sealed' : 'verified')
      if (!gap) await promoteObjects(tx, found.month)
      return gap
    },
    { deadline: deps.now() + deps.limits.readMs },
  )
  if (missing) throw new ArchiveFault(missing.sentence, missing.place)
  return MOVED
}

/**
 * Reads an object back. @throws {ObjectChanged} when it differs from what was written, or lacks a point of the object that it would
 * replace.
 */
async function readBack(deps: MonthDeps, object: ObjectRecord, before: ObjectRecord | undefined): Promise<void> {
  const rows = wholeRows(deps, object)
  if (!before) {
    for await (const _ of rows);
    return
  }
  if (await contains(rows, wholeRows(deps, before))) return
  throw new ObjectChanged(object.name, `does not have every point of ${before.name}, which it would replace`)
}

/** Nothing depends on the object yet: the next run removes it, and writes the month from the database again. */
async function writeAgain({ db }: MonthDeps, found: MonthFound, object: ObjectRecord): Promise<void> {
  await db.writeAll(async (tx) => {
    await moveMonth(tx, found, 'sealed')
    await retireObject(tx, object.id)
  })
}

interface Gap {
  readonly sentence: string
  readonly place: FaultPlace
}

/** Returns the first difference between a month and its verified objects, with its location; undefined when they agree. */
async function gapOf(tx: Transaction<Database>, found: MonthFound): Promise<Gap | undefined> {
  const range = tableOf(found)
  const objects = (await selectObjects(tx, found.month)).filter(({ verified }) => verified)
  let rows = 0
  for (const { tenantId, name: tenant, points } of await selectTenants(tx, range)) {
    const of = (state: string) => objects.find((object) => object.tenantId === tenantId && object.state === state)
    const object = of('written') ?? of('verified')
    if (object?.rows !== points) {
      const where = object ? `its object ${object.name} has ${object.rows}` : 'it has no object'
      const sentence = `Tenant ${tenant} has ${points} points in ${found.month}, but ${where}.`
      return { sentence, place: { tenant, object: object?.name } }
    }
    rows += object.rows
  }
  const points = await countPoints(tx, range)
  const sentence = `${found.month} has ${points} points, but its objects have ${rows}.`
  return rows === points ? undefined : { sentence, place: {} }
}
