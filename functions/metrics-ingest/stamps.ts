// Timestamps for points that come without one: instants that no other point of their series is given, by whatever instance.
//
// Every minute has 512 slots (stamp-queries.ts). An instance draws one the first time it stamps a point in that minute, and stamps only
// microseconds of its slots. Nothing expires: an instance that slept for hours between stamping a point and storing it still owns that
// instant, so nothing has to be checked when points are stored. Inside the instance, each series' instants in a slot rise.

import { logger, requestContext } from '@penstock/shared/base/logger.ts'
import { busy } from '@penstock/shared/base/problem.ts'
import { type Clock, DAY, MINUTE, type Micros } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { PlacedColumns } from '@penstock/shared/points/placed-columns.ts'
import { type Ordinals, STRIDE, stampFrom } from './stamp-order.ts'
import { drawSlot, forgetMinutes } from './stamp-queries.ts'

export interface StampDeps {
  readonly db: Pick<PenstockDatabase, 'inTransaction'>
  readonly now: Clock
}

export interface Stamped {
  readonly points: PlacedColumns
  /** With the order of the entries, it says the instant of each; null when every point had one. */
  readonly first: Micros | null
}

/**
 * Gives each point without an instant (NaN) one at or soon after `near`. Resolves at once when the points have their instants, and without the
 * database when the instance has a slot of that minute.
 * @throws {Problem} 503 when the next minutes have no slot left, or the database is not available.
 */
export type Stamp = (points: PlacedColumns, ordinals: Ordinals | null, near: Micros) => Promise<Stamped>

/** A slot that this instance owns. */
interface Lane {
  readonly minute: Micros
  readonly slot: number
  /** By series: the first instant that was not given yet. */
  readonly next: Map<number, Micros>
  /** No instant before it is given; raised when `next` is emptied. */
  floor: Micros
  highest: Micros
}

const MAX_LANES = 64
/** Series of a slot whose instants are remembered one by one: with all slots, some 12 MB. */
const MAX_SERIES = 5_000
/** How far past its own minute a request may be put. */
const MAX_MINUTES = 10
/** Instants older than this are not given: a message that is older takes the present. Longer than dead letters are kept. */
const OLDEST_DAYS = 100
/** Minutes are forgotten only when no instance, whatever its clock says, still draws from them. */
const FORGOTTEN_DAYS = 130
const RETRY_S = 30

/** Makes the stamps of an instance. */
export function createStamps({ db, now }: StampDeps): Stamp {
  const lanes = new Map<Micros, Promise<Lane | undefined>>()

  async function draw(minute: Micros): Promise<Lane | undefined> {
    // The slot serves many requests: neither the trace nor the deadline of the first is its own.
    const slot = await requestContext.exit(
      async () =>
        await db.inTransaction(async (tx) => {
          await forgetMinutes(tx, FORGOTTEN_DAYS)
          return await drawSlot(tx, minute)
        }),
    )
    if (slot !== undefined) return { minute, slot, next: new Map(), floor: minute + slot, highest: minute + slot }
    logger.warn({ minute }, 'ingest.no_stamp_slot')
    return undefined
  }

  async function laneOf(minute: Micros): Promise<Lane | undefined> {
    const known = lanes.get(minute)
    const lane = known ?? draw(minute)
    // The one used last is the last to go. A slot whose memory went is never used again: the next draw gives another.
    lanes.delete(minute)
    lanes.set(minute, lane)
    if (!known) {
      for (const oldest of lanes.keys()) if (lanes.size > MAX_LANES) lanes.delete(oldest)
      lane.catch(() => lanes.delete(minute))
    }
    return await lane
  }

  return async (points, ordinals, near) => {
    if (!ordinals) return { points: stampFrom(null, null, points), first: null }
    const from = withinReach(near, now() * 1000)
    const begin = from - (from % MINUTE)
    for (let i = 0; i < MAX_MINUTES; i++) {
      const lane = await laneOf(begin + i * MINUTE)
      const first = lane && takeFrom(lane, from, ordinals, points)
      if (first !== undefined) return { points: stampFrom(first, ordinals, points), first }
    }
    throw busy('Too many points arrived without timestamps. Send them later, or send timestamps.', undefined, RETRY_S)
  }
}

/** A sender's clock decides only where it can be right. */
const withinReach = (near: Micros, now: Micros): Micros =>
  near >= now - OLDEST_DAYS * DAY && near <= now + MINUTE ? near : now

/** Takes the instants of one request out of a slot, and gives the first; undefined when they do not fit into the minute's rest. */
function takeFrom(lane: Lane, from: Micros, ordinals: Ordinals, points: PlacedColumns): Micros | undefined {
  let span = 0
  for (const ordinal of ordinals.values()) span = Math.max(span, ordinal * STRIDE)
  const first = besideGiven(firstFree(lane, from, ordinals, points), span, lane, points)
  if (first + span >= lane.minute + MINUTE) return undefined
  for (let i = 0; i < points.length; i++) {
    if (!Number.isNaN(points.at[i])) continue
    const next = first + ((ordinals.get(points.entry[i] as number) ?? 0) + 1) * STRIDE
    lane.next.set(points.series[i] as number, next)
    lane.highest = Math.max(lane.highest, next)
  }
  if (lane.next.size > MAX_SERIES) {
    lane.floor = lane.highest
    lane.next.clear()
  }
  return first
}

/** The first instant of the slot from `from` on with which no entry gets an instant that its series has. */
function firstFree(lane: Lane, from: Micros, ordinals: Ordinals, points: PlacedColumns): Micros {
  const origin = lane.minute + lane.slot
  let first = Math.max(lane.floor, origin + Math.ceil((from - origin) / STRIDE) * STRIDE)
  for (let i = 0; i < points.length; i++) {
    const next = Number.isNaN(points.at[i]) ? lane.next.get(points.series[i] as number) : undefined
    if (next !== undefined) first = Math.max(first, next - (ordinals.get(points.entry[i] as number) ?? 0) * STRIDE)
  }
  return first
}

/** Moves the instants past those of the slot that other entries of the same request say themselves. */
function besideGiven(first: Micros, span: Micros, lane: Lane, points: PlacedColumns): Micros {
  // Without NaN, whose remainder is NaN.
  const own = points.at
    .subarray(0, points.length)
    .filter((at) => (at - lane.minute - lane.slot) % STRIDE === 0)
    .sort()
  let free = first
  for (const at of own) if (at >= free && at <= free + span) free = at + STRIDE
  return free
}
