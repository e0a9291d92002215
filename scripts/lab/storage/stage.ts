// The state that the actors share.
import type { Micros } from '@penstock/shared/base/time.ts'
import type { Lease } from './actors/lease.ts'
import type { History } from './seen/history.ts'
import type { Variant } from './variants.ts'
import { ARCHIVED, BUSY, OLD, QUIET } from './world/instants.ts'
import type { CheckedSeries, CheckedTenant, CheckedWorld } from './world/world.ts'

export interface Stage {
  readonly world: CheckedWorld
  readonly variant: Variant
  readonly history: History
  /** Returns true while the actors must continue. */
  readonly goesOn: () => boolean
  readonly counts: Counts
  /** The cached answers of all readers, by tenant and state. */
  readonly remembered: Map<string, ReadonlyMap<string, number>>
  readonly victims: Victims
  readonly lease: Lease
  readonly holds: Set<StandingHold>
  /** Returns the step at which the next instance of this kind dies. Each step is used in turn. */
  readonly nextDeath: (kind: string) => number
  /** Records the number of steps that an instance of this kind took to its end. */
  readonly livedFor: (kind: string, steps: number) => void
  /** Returns a number that was not used before. */
  readonly nextValue: () => number
}

/** A hold that was answered, with the contents that were seen under it. */
export interface StandingHold {
  readonly tenant: CheckedTenant
  /** First day. */
  readonly month: string
  readonly contents: Set<string>
  /** It is released after this instant. */
  readonly until: number
}

/** A series that is erased from time to time, and sent again under the same name. */
export interface Victim extends CheckedSeries {
  /** An erasure of it has begun. */
  isErased: boolean
}

/** The ids under which the tenants' victims were written, and the id under which each value was written. */
export interface Victims {
  readonly byTenant: Map<number, Victim[]>
  readonly idOfValue: Map<number, number>
  /** Tenants whose senders have been stopped. */
  readonly stopped: Set<number>
}

export interface Counts {
  writes: number
  unknown: number
  compactions: number
  points: number
  reads: number
  kills: number
  /** Answers that were given from memory. */
  remembered: number
  /** Partitions that were dropped. */
  months: number
  httpReads: number
  archived: number
  broughtBack: number
  expired: number
  /** Legal holds that were placed. */
  holds: number
  erased: number
  /** Runs that ended without effect, because another transaction had changed their month. */
  forgotten: number
  /** Instances that died at one of their steps. */
  deaths: number
  /** Failed units, by their error message. */
  readonly failures: Map<string, number>
}

/** Returns the name of a point. */
export const keyOf = (tenant: CheckedTenant, series: Pick<CheckedSeries, 'id'>, at: Micros): string =>
  `${tenant.id} ${series.id} ${at}`

/** Returns the names of all points that a series can have. */
export const everyKey = (tenant: CheckedTenant, series: Pick<CheckedSeries, 'id'>): readonly string[] =>
  [...OLD, ...ARCHIVED, ...BUSY, ...QUIET].map((at) => keyOf(tenant, series, at))

export const noCounts = (): Counts => ({
  writes: 0,
  unknown: 0,
  compactions: 0,
  points: 0,
  reads: 0,
  kills: 0,
  remembered: 0,
  months: 0,
  httpReads: 0,
  archived: 0,
  broughtBack: 0,
  expired: 0,
  holds: 0,
  erased: 0,
  forgotten: 0,
  deaths: 0,
  failures: new Map(),
})
