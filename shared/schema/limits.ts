/** The limits of a plan; null: no limit. */
export interface PlanTable {
  readonly name: string
  readonly requests_per_hour: number | null
  readonly points_per_minute: number | null
  readonly series: number
  readonly users: number | null
  readonly keys: number | null
}

/** The part of a limit that was granted in the window of its policy. */
export interface QuotaWindowTable {
  readonly tenant_id: number
  readonly policy: 'requests' | 'points'
  window_start: string
  granted: number
  /** The tokens of the last lease. */
  lease: number
}

/** The usage of a tenant on a day (UTC). */
export interface UsageDayTable {
  readonly tenant_id: number
  readonly day: string
  readonly requests: string
  readonly requests_refused: string
  readonly points_refused: string
  readonly series_refused: string
  readonly points_accepted: string
  readonly points_rejected: string
  readonly bytes_in: string
  readonly bytes_out: string
}
