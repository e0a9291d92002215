// The tables that this slice owns, and those that it uses.
import { idempotency, quota, type SliceData } from '@penstock/shared/base/slice-data.ts'

export const data = {
  owns: {
    backfill_job: {
      grants: {
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
      audit: { watched: ['job_type', 'start_block', 'end_block', 'status'] },
      ages: { by: 'completed_at', days: 180, policy: 'backfill_jobs', archived: 'backfill_jobs' },
    },
    backfill_lease: {
      audit: { unaudited: 'A lease is one step of a job that was recorded.' },
      grants: {
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
    },
  },
  uses: {
    ...idempotency,
    ...quota,
  },
} as const satisfies SliceData
