// The tables that this slice reads and writes.
import { idempotency, quota, type SliceData } from '@penstock/shared/base/slice-data.ts'

export const data = {
  grants: {
    tenant: { select: true },
    insight_feedback: {
      select: true,
      insert: true,
      update: ['rating', 'comment', 'flag_type', 'flag_reason', 'updated_at'],
    },
    insight_version: { select: true, insert: true, update: ['version'] },
    ...idempotency,
    ...quota,
  },
} as const satisfies SliceData
