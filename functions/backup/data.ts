// The tables that this slice owns, and those that it reads. None of its own tables has rows of a tenant.
import type { SliceData } from '@penstock/shared/base/slice-data.ts'

export const data = {
  // Every table without secrets is compared with its restored copy.
  readsEvery: true,
  owns: {
    backup_run: {
      tenant: null,
      grants: {
        select: true,
        insert: ['kind', 'instance', 'test_instance'],
        update: ['finished_at', 'status', 'backup_id', 'steps', 'uri', 'bytes', 'crc32c', 'error'],
      },
      ages: { by: 'finished_at', days: 400, policy: 'backup_runs' },
    },
    backup_marker: { tenant: null, grants: { select: true, insert: true, update: ['at', 'lsn', 'horizon'] } },
  },
  uses: {
    job_run: { select: true, insert: true, update: true },
  },
} as const satisfies SliceData
