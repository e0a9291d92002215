import type { Generated } from 'kysely'

/** One user's word on one insight: rating, comment and flag meet in one row. */
export interface InsightFeedbackTable {
  readonly id: Generated<string>
  readonly tenant_id: number
  readonly insight_id: string
  readonly user_id: string
  /** 1 to 5. */
  rating: number | null
  comment: string | null
  flag_type: 'inaccurate' | 'misleading' | 'spam' | null
  flag_reason: string | null
  readonly created_at: Generated<string>
  /** Later with each change. */
  updated_at: Generated<string>
}

/** Which state of an insight's feedback is the newest: written by a trigger, so that no change is forgotten. */
export interface InsightVersionTable {
  readonly tenant_id: number
  readonly insight_id: string
  /** Rises with each change: a bigint, which the driver gives as text. */
  version: string
}
