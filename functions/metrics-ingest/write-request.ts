// What is asked of a write, and what comes of it.
import type { PlacedColumns } from '@penstock/shared/points/placed-columns.ts'

/** The points that one request stores. */
export interface WriteRequest {
  /** In the order of the request: of two points of one series and instant the later one wins. */
  readonly points: PlacedColumns
  /** The epoch in which the points' series have their ids. */
  readonly epoch: number
  /** One refused point refuses them all. */
  readonly strict: boolean
  readonly idempotency: IdempotencyClaim | null
}

export interface IdempotencyClaim {
  readonly key: string
  /** SHA-256 of the payload, hexadecimal. */
  readonly payload: string
  /** How long it is remembered; default 24. */
  readonly hours?: number
  /** What is remembered of the outcome: all that the payload does not say again. */
  verdicts(written: Written): Record<string, unknown>
}

export interface Written {
  readonly kind: 'written' | 'refused'
  /** Distinct points in the table, and distinct points that wait for their month. Both 0 when refused. */
  readonly stored: number
  readonly deferred: number
  /** `entry` of points in a month whose archive has expired: there is nowhere left to put them. */
  readonly expired: readonly number[]
}

export type WriteOutcome =
  | Written
  /** The key was used for this payload before: what was decided then. Nothing was written. */
  | { readonly kind: 'repeated'; readonly verdicts: Record<string, unknown> }
  /** The key was used for another payload. */
  | { readonly kind: 'mismatch' }
  /** A request with this key is under way, here or in another instance. */
  | { readonly kind: 'running' }
  /** Ids of the tenant's series may be wrong since another epoch began, this one. Nothing was written; the series have to be resolved again. */
  | { readonly kind: 'moved'; readonly epoch: number }
