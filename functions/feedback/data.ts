// The tables that this slice owns, and those that it uses.
import { idempotency, quota, type SliceData } from '@penstock/shared/base/slice-data.ts'

export const data = {
  owns: {
    insight_feedback: {
      grants: {
        select: true,
        insert: true,
        update: ['rating', 'comment', 'flag_type', 'flag_reason', 'updated_at'],
      },
      person: 'user_id',
      audit: { withheld: ['comment', 'flag_reason'] },
      ages: { by: 'updated_at', days: 730, policy: 'feedback', archived: 'feedback' },
    },
    insight_version: { grants: { select: true, insert: true, update: ['version'] }, triggered: true },
  },
  uses: {
    tenant: { select: true },
    ...idempotency,
    ...quota,
  },
} as const satisfies SliceData
