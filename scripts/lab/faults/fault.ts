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
  /** Description of the fault, for the table. */
  readonly tries: string
  readonly stand: StandWanted
  readonly sizes: Sizes
  /** `proxied`: through the proxy, and with a clock that can be shifted. `direct`: as deployed. */
  readonly way: 'direct' | 'proxied'
  readonly load: LoadPlan
  /**
   * True when the partitions function runs during the fault. An interrupted run blocks the next one for its lease, a minute.
   */
  readonly monthsPass: boolean
  /** Workers have backfill jobs during the fault, and compaction is called. */
  readonly beside?: true
  /** The allowed share of requests with a 503, for faults that the functions hide by retrying. */
  readonly mostBusy?: number
  /** Omitted from a short run unless it is named. */
  readonly onlyWhole?: true
  /** The fleet cannot be used again afterwards. */
  readonly spendsFleet?: true
  /** Causes the fault under load, any number of times, and ends it. @throws {Skipped} when the machine does not permit it. */
  inflict(arena: Arena): Promise<Inflicted>
}

export interface StandWanted {
  readonly tier: Tier
  /** The server's files are on a disk that can be filled. */
  readonly disk?: 'tiny'
}

export interface Arena {
  readonly world: World
  readonly fleet: Fleet
  /** In front of the server for a `proxied` fault. */
  readonly proxy: DatabaseProxy
  readonly disk: TinyDisk | undefined
  readonly load: Load
  readonly tenants: readonly Tenant[]
  readonly random: Random
  /** Few repetitions, for a run of a minute. */
  readonly short: boolean
  /** Shifts an instance's clock by this many milliseconds from the true time. */
  readonly shiftClock: (label: string, ms: number) => Promise<void>
  /** Reports the progress. */
  readonly say: (progress: string) => void
}

export interface Inflicted {
  readonly times: number
  /** The instants at which faults ended. */
  readonly lifts: readonly Lift[]
  /** Additional observations for the table: `at most 4 of 4 connections`. */
  readonly note?: string
  /** Observations that are not allowed, as sentences. */
  readonly complaints?: readonly string[]
}

/** A load in which most writes meet an older value, by all routes, and which leaves some of two cores idle. */
export const USUAL_LOAD: LoadPlan = {
  clients: 24,
  thinkMs: 30,
  mix: { batch: 6, single: 5, stamped: 3, push: 5, poison: 1, read: 0, opinion: 4 },
}

/** The number of instances for which the small tier's budget has connections. */
export const USUAL_SIZES: Sizes = {
  'metrics-ingest': 2,
  'metrics-ingest-pubsub': 1,
  feedback: 1,
  backfill: 1,
  compaction: 1,
  partitions: 1,
}

/** The settings of most faults: the smallest tier with exactly the connections of the budget, no proxy, and a month that does not end. */
export const USUAL = {
  stand: { tier: 'small' },
  sizes: USUAL_SIZES,
  way: 'direct',
  load: USUAL_LOAD,
  monthsPass: false,
} as const satisfies Partial<Fault>
