// Timestamps for points without one: instants that no other point of their series gets from any instance.
//
// Every minute has 512 slots (stamp-queries.ts). An instance draws one when it first stamps a point in that minute, and uses only
// microseconds of its slots. Nothing expires: an instance that was suspended for hours between stamping a point and storing it still owns
// that instant, so nothing must be checked when points are stored. Inside the instance, each series' instants in a slot increase.

import { logger, requestContext } from '@penstock/shared/base/logger.ts'
import { busy } from '@penstock/shared/base/problem.ts'
import { type Clock, DAY, MINUTE, type Micros } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { PlacedColumns } from '@penstock/shared/points/columns.ts'
import { type Ordinals, STRIDE, stampFrom } from './stamp-order.ts'
import { drawSlot, forgetMinutes } from './stamp-queries.ts'

export interface StampDeps {
  readonly db: Pick<PenstockDatabase, 'readAll' | 'writeAll'>
  readonly now: Clock
}

export interface Stamped {
  readonly points: PlacedColumns
  /**
   * The first given instant. Together with the order of the entries, it determines the instant of each. Null when every point had a timestamp.
   */
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
  /** By series: the first instant that is still free. */
  readonly next: Map<number, Micros>
  /** No instant before it is used; raised when `next` is emptied. */
  floor: Micros
  highest: Micros
}

const MAX_LANES = 64
/** Series of a slot whose instants are remembered individually: about 12 MB with all slots. */
const MAX_SERIES = 5_000
/** Maximum minutes after its own minute in which a request may be placed. */
const MAX_MINUTES = 10
/** Older instants are not used: an older message gets the current time. Longer than dead letters are retained. */
const OLDEST_DAYS = 100
/** Minutes are deleted only when no instance, whatever its clock, can still draw from them. */
const FORGOTTEN_DAYS = 130
const RETRY_S = 30

/** Makes the stamps of an instance. */
export function createStamps({ db, now }: StampDeps): Stamp {
  const lanes = new Map<Micros, Promise<Lane | undefined>>()

  async function draw(minute: Micros): Promise<Lane | undefined> {
    // The slot serves many requests, so neither the trace nor the deadline of the first one applies.
    const slot = await requestContext.exit(
      async () =>
        await db.writeAll(async (tx) => {
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
    // The least recently used slot is removed first. It is never used again: the next draw gives another.
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

/** A sender's clock is used only within plausible limits. */
const withinReach = (near: Micros, now: Micros): Micros =>
  near >= now - OLDEST_DAYS * DAY && near <= now + MINUTE ? near : now

/** Takes the instants of one request from a slot, and returns the first; undefined when they do not fit into the rest of the minute. */
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

/** Returns the first instant of the slot, from `from` on, with which no entry gets an instant that its series already has. */
function firstFree(lane: Lane, from: Micros, ordinals: Ordinals, points: PlacedColumns): Micros {
  const origin = lane.minute + lane.slot
  let first = Math.max(lane.floor, origin + Math.ceil((from - origin) / STRIDE) * STRIDE)
  for (let i = 0; i < points.length; i++) {
    const next = Number.isNaN(points.at[i]) ? lane.next.get(points.series[i] as number) : undefined
    if (next !== undefined) first = Math.max(first, next - (ordinals.get(points.entry[i] as number) ?? 0) * STRIDE)
  }
  return first
}

/** Moves the instants after those of the slot that other entries of the same request have as their own timestamps. */
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
