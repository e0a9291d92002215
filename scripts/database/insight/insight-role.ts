// The roles of the views in the schema of the insight service. They exist only where `migrate insight-views` made them.
import { quota } from '@penstock/shared/base/slice-data.ts'
import { privilegesOf } from '../grants.ts'

/** The schema of the views, and the login that uses them. */
export const INSIGHT_LOGIN = 'insight_service'
/** Owns the views and their functions. It cannot log in. */
export const INSIGHT_OWNER = 'insight_service_owner'

const all = { select: true, insert: true, update: true, delete: true } as const

export const INSIGHT_GRANTS = privilegesOf({
  // Triggers of these tables count rows and move versions with the rights of who writes.
  ...quota,
  app_user: all,
  api_key: { select: true, update: ['name', 'revoked_at'] },
  alert_rule: all,
  alert_state: { select: true, update: true },
  alert_event: all,
  backfill_job: all,
  insight_feedback: all,
  insight_version: { select: true, insert: true, update: true },
})
