// One compaction: moves points of a tenant's UTC day from the log into chunks, in one transaction.

import type { Transaction } from 'kysely'
import type { Clock, Micros } from '../base/time.ts'
import type { PenstockDatabase } from '../database/database.ts'
import type { BinaryRows } from '../points/binary-rows.ts'
import type { ChunkSizes } from '../points/chunk.ts'
import { type BlockColumns, type Sorted, sortColumns } from '../points/columns.ts'
import { WIDE } from '../points/log-rows.ts'
import type { Database } from '../schema/index.ts'
import { moveMark } from './chunk-queries.ts'
import { mergeDay } from './merge-day.ts'
import {
  type Gate,
  lockTenant,
  type OpenedDay,
  openDay,
  selectNames,
  selectPlaceAfter,
  selectPlaces,
  type TenantDay,
  takeRows,
} from './queries.ts'
import { returnRows } from './return-queries.ts'
import { comparePlaces, pointsInOrder, type RowPlace, readTaken, seriesOf, type TakenRows } from './taken.ts'
import { splitWideRows } from './wide-rows.ts'

type Tx = Transaction<Database>

export interface CompactDeps {
  readonly db: Pick<PenstockDatabase, 'readAll' | 'writeAll'>
  readonly now: Clock
  /** The product's sizes when absent. */
  readonly sizes?: ChunkSizes
}

/** The points of a day that a compaction takes. */
export interface DayPlan extends TenantDay {
  /**
   * Points in wide rows at the time of planning. Wide rows are always taken: a block cannot be compacted without those that may hold its
   * points.
   */
  readonly wide: number
  /** Maximum points to take, approximately; another compaction of the day takes the rest. */
  readonly most: number
  /** Points that each block has in rows of its own. */
  readonly waiting: ReadonlyMap<number, { readonly points: number; readonly settled: number }>
  /** Returns true when a block with this many points, including those from wide rows, is due. */
  readonly isDue: (waiting: { readonly points: number; readonly settled: number }) => boolean
  /** The first instant of the current hour: points before it are settled. */
  readonly settledBefore: Micros
}

/** The result of a compaction. `taken` is the sum of the others. */
export interface Compacted {
  /** Points that left the log. */
  readonly taken: number
  /** Points that the chunks did not have. */
  readonly written: number
  /** Points that replaced, or were replaced by, a newer one. */
  readonly replaced: number
  /** Points of erased series, and points that have expired. */
  readonly dropped: number
  /** True when points that are due were left. */
  readonly more: boolean
}

const nothing: Compacted = { taken: 0, written: 0, replaced: 0, dropped: 0, more: false }

/**
 * Takes the due points of a day, merges them with the chunks, and computes the roll-ups of its hours, in one READ COMMITTED transaction,
 * whose statements see everything that was committed before the lock was granted. An interruption leaves nothing half done. Does nothing
 * when the month has no partition. Writers and readers do not wait for it.
 */
export async function compactDay({ db, now, sizes }: CompactDeps, plan: DayPlan): Promise<Compacted> {
  return await db.writeAll(async (tx) => {
    await lockTenant(tx, plan.tenantId)
    const opened = await openDay(tx, plan.tenantId, plan.day)
    if (!opened) return nothing
    const taken = await takeDue(tx, plan, opened)
    const total = taken.rows.reduce((sum, rows) => sum + rows.points.length, 0) - taken.returned
    if (total === 0) return { ...nothing, more: taken.more }
    const kept = pointsInOrder(
      taken.rows,
      (series, at) => taken.named.has(series) && at >= opened.expiredBefore && !taken.isReturned(series),
    )
    const points: Sorted<BlockColumns> = sortColumns(kept)
    const written = points.length === 0 ? 0 : await mergeDay(tx, plan, points, sizes)
    // The mark moves even where every point was dropped: a state that readers saw with the log must not return without it.
    await moveMark(tx, plan, written, now() * 1000)
    const dropped = total - kept.length
    return { taken: total, written, replaced: total - dropped - written, dropped, more: taken.more }
  })
}

interface Due {
  readonly rows: readonly TakenRows[]
  /** Ids of series that exist. */
  readonly named: ReadonlyMap<number, number>
  /** Number of points that went back into the log, and whether a series belongs to a block that did. */
  readonly returned: number
  readonly isReturned: (series: number) => boolean
  readonly more: boolean
}

/** Takes the wide rows, then the rows of the due blocks, all below one gate; the other points of the wide rows go back. */
async function takeDue(tx: Tx, plan: DayPlan, opened: OpenedDay): Promise<Due> {
  const { gate, isLowered } = await lowerGate(tx, plan, opened.gate)
  // Also read when the plan has none, because some may have been written since.
  const wide = readTaken(await takeRows(tx, plan, gate, [WIDE]))
  const named = await readNames(tx, plan.tenantId, seriesOf(wide))
  const fromWide = countByBlock(wide, named, plan.settledBefore)
  const { due, isCut } = chooseBlocks(plan, fromWide)
  const own = readTaken(due.length > 0 ? await takeRows(tx, plan, gate, due) : noRows)
  const others = new Set([...fromWide.keys()].filter((block) => !due.includes(block)))
  const returned = await putBack(tx, plan, wide, named, others)
  for (const [id, block] of await readNames(tx, plan.tenantId, seriesOf(own))) named.set(id, block)
  return {
    rows: [wide, own],
    named,
    returned,
    isReturned: (series) => others.has(named.get(series) ?? WIDE),
    more: isCut || isLowered,
  }
}

/**
 * Returns a gate below which there are about as many points as one compaction may take: any gate below the open transactions is correct.
 * It is lowered for wide rows and for the first due block; further blocks are left out when they have too many points.
 */
async function lowerGate(
  tx: Tx,
  plan: DayPlan,
  gate: Gate,
): Promise<{ readonly gate: Gate; readonly isLowered: boolean }> {
  const first = [...plan.waiting].find(([, waiting]) => plan.isDue(waiting))
  const crowded = [
    ...(plan.wide > plan.most ? [WIDE] : []),
    ...(first && first[1].points > plan.most ? [first[0]] : []),
  ]
  let lowered = gate
  for (const block of crowded)
    lowered = (await selectPlaceAfter(tx, plan, lowered, { block, points: plan.most })) ?? lowered
  return { gate: lowered, isLowered: lowered !== gate }
}

/** Chooses the due blocks, with their points in wide rows, up to the limit of one compaction, but at least one. */
function chooseBlocks(
  plan: DayPlan,
  fromWide: ReadonlyMap<number, Count>,
): { readonly due: readonly number[]; readonly isCut: boolean } {
  const due: number[] = []
  let points = 0
  for (const block of new Set([...plan.waiting.keys(), ...fromWide.keys()])) {
    const waiting = add(plan.waiting.get(block), fromWide.get(block))
    if (!plan.isDue(waiting)) continue
    points += waiting.points
    if (points > plan.most && due.length > 0) return { due, isCut: true }
    due.push(block)
  }
  return { due, isCut: false }
}

const noRows: BinaryRows = { next: () => false } as BinaryRows

async function readNames(tx: Tx, tenantId: number, ids: Int32Array): Promise<Map<number, number>> {
  const blocks = new Map<number, number>()
  if (ids.length === 0) return blocks
  const names = await selectNames(tx, tenantId, ids)
  while (names.next()) blocks.set(names.int4(), names.int4())
  return blocks
}

interface Count {
  readonly points: number
  readonly settled: number
}

const add = (a: Count | undefined, b: Count | undefined): Count => ({
  points: (a?.points ?? 0) + (b?.points ?? 0),
  settled: (a?.settled ?? 0) + (b?.settled ?? 0),
})

function countByBlock(
  { points }: TakenRows,
  blockOf: ReadonlyMap<number, number>,
  settledBefore: Micros,
): Map<number, Count> {
  const counts = new Map<number, { points: number; settled: number }>()
  for (let i = 0; i < points.length; i++) {
    const block = blockOf.get(points.series[i] as number)
    if (block === undefined) continue
    let count = counts.get(block)
    if (!count) counts.set(block, (count = { points: 0, settled: 0 }))
    count.points++
    if ((points.at[i] as number) < settledBefore) count.settled++
  }
  return counts
}

/** Writes the points of these blocks back into the log as rows of their blocks. Returns how many were in the wide rows. */
async function putBack(
  tx: Tx,
  plan: TenantDay,
  wide: TakenRows,
  blockOf: ReadonlyMap<number, number>,
  blocks: ReadonlySet<number>,
): Promise<number> {
  if (blocks.size === 0) return 0
  const left = await readPlaces(tx, plan, [...blocks])
  await returnRows(tx, plan.tenantId, splitWideRows(wide, blockOf, blocks, left))
  let count = 0
  for (let i = 0; i < wide.points.length; i++)
    if (blocks.has(blockOf.get(wide.points.series[i] as number) ?? WIDE)) count++
  return count
}

async function readPlaces(tx: Tx, day: TenantDay, blocks: readonly number[]): Promise<Map<number, RowPlace[]>> {
  const places = new Map<number, RowPlace[]>()
  const rows = await selectPlaces(tx, day, blocks)
  while (rows.next()) {
    const [block, era, xid] = [rows.int4(), rows.int2(), rows.int8()]
    const list = places.get(block) ?? []
    places.set(block, list)
    list.push({ era, xid })
  }
  for (const list of places.values()) list.sort(comparePlaces)
  return places
}
