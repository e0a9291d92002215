import type { Generated } from 'kysely'

/** One user's feedback on one insight: rating, comment and flag are in one row. */
export interface InsightFeedbackTable {
  readonly id: Generated<string>
  readonly tenant_id: number
  readonly insight_id: string
  readonly user_id: string
  /** A whole number from 1 to 5. */
  rating: number | null
  comment: string | null
  flag_type: 'inaccurate' | 'misleading' | 'spam' | null
  flag_reason: string | null
  readonly created_at: Generated<string>
  /** Increases with each change. */
  updated_at: Generated<string>
}

/** The version of an insight's feedback. A trigger writes it, so no change is missed. */
export interface InsightVersionTable {
  readonly tenant_id: number
  readonly insight_id: string
  /** Increases with each change; a bigint, which the driver returns as text. */
  version: string
}
