// The input of a write, and its outcome.
import type { PlacedColumns } from '@penstock/shared/points/columns.ts'

/** The points that one request stores. */
export interface WriteRequest {
  /** In the order of the request: of two points with the same series and instant, the later one wins. */
  readonly points: PlacedColumns
  /** The epoch in which the points' series have their ids. */
  readonly epoch: number
  /** True when one refused point refuses them all. */
  readonly strict: boolean
  readonly idempotency: IdempotencyClaim | null
}

export interface IdempotencyClaim {
  readonly key: string
  /** SHA-256 of the payload, in hexadecimal. */
  readonly payload: string
  /** Hours for which the outcome is stored; the default is 24. */
  readonly hours?: number
  /** Returns the part of the outcome to store: everything that the payload does not determine. */
  verdicts(written: Written): Record<string, unknown>
}

export interface Written {
  readonly kind: 'written' | 'refused'
  /** Distinct stored points, and distinct points that wait for their month. Both are 0 when the request is refused. */
  readonly stored: number
  readonly deferred: number
  /** `entry` of points in a month whose archive has expired: there is nowhere left to put them. */
  readonly expired: readonly number[]
}

export type WriteOutcome =
  | Written
  /** The key was used for this payload before: its verdicts are returned, and nothing was written. */
  | { readonly kind: 'repeated'; readonly verdicts: Record<string, unknown> }
  /** The key was used for another payload. */
  | { readonly kind: 'mismatch' }
  /** A request with this key is in progress, here or in another instance. */
  | { readonly kind: 'running' }
  /** Another epoch has begun, so ids of the tenant's series may be wrong. Nothing was written, and the series must be resolved again. */
  | { readonly kind: 'moved'; readonly epoch: number }
