// The tables that this slice reads and writes.
import { idempotency, quota, type SliceData } from '@penstock/shared/base/slice-data.ts'

export const data = {
  grants: {
    backfill_job: {
      select: true,
      insert: true,
      update: [
        'current_block',
        'status',
        'progress_percentage',
        'estimated_completion',
        'error_message',
        'completed_at',
        'next_block',
        'fencing_token',
        'running_since',
        'running_from',
      ],
    },
    backfill_lease: {
      select: true,
      insert: true,
      update: [
        'end_block',
        'state',
        'lease_id',
        'fencing_token',
        'worker',
        'lease_seconds',
        'expires_at',
        'failures',
        'losses',
      ],
    },
    ...idempotency,
    ...quota,
  },
} as const satisfies SliceData
