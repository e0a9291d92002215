// The tables that this slice reads and writes.
import type { SliceData } from '@penstock/shared/base/slice-data.ts'

export const data = {
  uses: {
    archive: { select: true },
    archiving: { select: true },
    tenant: { select: true },
    metric_series: { select: true },
    metric_log: { select: true, insert: true, delete: true },
    metric_chunk: { select: true, insert: true, delete: true },
    metric_hour: { select: true, insert: true, update: ['count', 'sum', 'min', 'max'] },
    metric_series_span: { select: true, insert: true, update: ['first_ts', 'last_ts'] },
    metric_expiry: { select: true },
    chunk_month: { select: true, update: ['lockable'] },
    compaction_lock: { select: true, insert: true, update: true },
    compaction_mark: { select: true, insert: true, update: ['mark', 'random', 'points', 'compacted_at'] },
    job_run: { select: true, insert: true, update: true },
  },
} as const satisfies SliceData
