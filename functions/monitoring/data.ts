// The tables that this slice owns, and those that it reads. None of them has rows of a tenant.
import type { SliceData } from '@penstock/shared/base/slice-data.ts'

export const data = {
  owns: {
    database_sample: {
      tenant: null,
      grants: { select: true, insert: true },
      ages: { by: 'at', days: 7, policy: 'database_samples' },
    },
    instance_seen: { tenant: null, grants: { select: true, insert: true, update: true, delete: true } },
    function_total: { tenant: null, grants: { select: true, insert: true, update: true } },
    index_use: { tenant: null, grants: { select: true, insert: true, update: true, delete: true } },
  },
  uses: {
    backup_marker: { select: true, insert: true, update: ['at', 'lsn', 'horizon'] },
    job_run: { select: true, insert: true, update: true },
  },
} as const satisfies SliceData
