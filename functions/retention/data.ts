// The tables that this slice reads and writes.
import { quota, type SliceData } from '@penstock/shared/base/slice-data.ts'

export const data = {
  deletesAged: true,
  uses: {
    archive: {
      select: true,
      insert: true,
      update: ['state', 'verified_at', 'held', 'hold_pending', 'removed_at', 'rolled_up'],
    },
    archive_hold: { select: true, insert: true, update: ['released_by', 'released_at'] },
    archive_next: { select: true, insert: true, delete: true },
    archiving: { select: true, insert: true, update: true, delete: true },
    audit_kept: { select: true, update: ['from_at'] },
    chunk_month: { select: true, insert: true, update: ['lockable'] },
    compaction_lock: { select: true, insert: true, update: true },
    compaction_mark: { select: true, insert: true, update: ['mark', 'random', 'points', 'compacted_at'] },
    insight_version: { select: true, insert: true, update: ['version'] },
    job_run: { select: true, insert: true, update: true },
    metric_chunk: { select: true, insert: true, delete: true },
    metric_expiry: { select: true, insert: true, update: ['before'] },
    metric_hour: { select: true, insert: true, update: ['count', 'sum', 'min', 'max'], delete: true },
    metric_log: { select: true, delete: true },
    metric_series: { select: true, update: ['active'] },
    metric_series_span: { select: true, insert: true, update: ['first_ts', 'last_ts'], delete: true },
    tenant: { select: true, update: ['series_count', 'series_epoch', 'series_counted_at'] },
    ...quota,
  },
} as const satisfies SliceData
