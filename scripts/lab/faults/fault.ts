// The interface of a fault to the harness.
import type { Tier } from '@penstock/shared/config/tier.ts'
import type { Random } from '../random.ts'
import type { Load, LoadPlan } from './load/load.ts'
import type { Tenant } from './load/producer.ts'
import type { DatabaseProxy } from './stand/database-proxy.ts'
import type { Fleet, Sizes } from './stand/fleet.ts'
import type { TinyDisk } from './stand/tiny-disk.ts'
import type { World } from './stand/world.ts'
import type { Lift } from './tally.ts'

export interface Fault {
  readonly name: string
  /** Description of what is tried, for the table. */
  readonly tries: string
  readonly stand: StandWanted
  readonly sizes: Sizes
  /** Through the proxy, and with a clock that can be shifted; or as deployed. */
  readonly way: 'direct' | 'proxied'
  readonly load: LoadPlan
  /** Whether months become live meanwhile. A run of the partitions function that is cut off blocks the next for its lease, a minute. */
  readonly monthsPass: boolean
  /** Workers have backfill jobs meanwhile, and rollups is called. */
  readonly beside?: true
  /** The share of requests that may be answered 503, where the functions themselves try again and hide the fault. */
  readonly mostBusy?: number
  /** Left out of a short run, unless it is named. */
  readonly onlyWhole?: true
  /** The fleet is not as it was afterwards. */
  readonly spendsFleet?: true
  /** Inflicts the fault under load, as often as it likes, and lifts it. @throws {Skipped} where the machine does not permit it. */
  inflict(arena: Arena): Promise<Inflicted>
}

export interface StandWanted {
  readonly tier: Tier
  /** The server's files are on a disk that can be made full. */
  readonly disk?: 'tiny'
}

export interface Arena {
  readonly world: World
  readonly fleet: Fleet
  /** Before the server where the fault's way is `proxied`. */
  readonly proxy: DatabaseProxy
  readonly disk: TinyDisk | undefined
  readonly load: Load
  readonly tenants: readonly Tenant[]
  readonly random: Random
  /** Seldom, for a run of a minute. */
  readonly short: boolean
  /** Shifts an instance's clock by so many milliseconds from the true time. */
  readonly shiftClock: (label: string, ms: number) => Promise<void>
  /** Says how far it is. */
  readonly say: (progress: string) => void
}

export interface Inflicted {
  readonly times: number
  /** When each fault was over, or the last one. */
  readonly lifts: readonly Lift[]
  /** Additional observations for the table: `at most 4 of 4 connections`. */
  readonly note?: string
  /** Observations that are not allowed, as sentences. */
  readonly complaints?: readonly string[]
}

/** The smallest tier: as many connections as the budget gives there, and not one to spare. */
export const USUAL_STAND: StandWanted = { tier: 'small' }

/** A load in which most writes meet an older value, by all routes, and two cores are left some air. */
export const USUAL_LOAD: LoadPlan = {
  clients: 24,
  thinkMs: 30,
  mix: { batch: 6, single: 5, stamped: 3, push: 5, poison: 1, read: 0, opinion: 4 },
}

/** As many instances as the small tier's budget has connections for. */
export const USUAL_SIZES: Sizes = {
  'metrics-ingest': 2,
  'metrics-ingest-pubsub': 1,
  feedback: 1,
  backfill: 1,
  rollups: 1,
  partitions: 1,
}
