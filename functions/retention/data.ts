// The tables that this slice reads and writes.
import { quota, type SliceData } from '@penstock/shared/base/slice-data.ts'

export const data = {
  grants: {
    answer_version: { select: true, insert: true, update: ['version'] },
    archive: { select: true, insert: true, update: ['state', 'verified_at', 'held', 'removed_at'] },
    archive_hold: { select: true, insert: true, update: ['released_by', 'released_at'] },
    backfill_job: { select: true, delete: true },
    dead_letter: { select: true, delete: true },
    deferred_point: { select: true, delete: true },
    idempotency_key: { select: true, delete: true },
    insight_feedback: { select: true, delete: true },
    insight_version: { select: true, insert: true, update: ['version'] },
    job_run: { select: true, insert: true, update: true, delete: true },
    metric_month: { select: true, insert: true, update: true },
    metric_point: { select: true, insert: true, update: ['value'] },
    metric_rollup: { select: true, insert: true, update: ['count', 'sum', 'min', 'max'], delete: true },
    metric_chunk: { select: true },
    metric_log: { select: true },
    metric_series: { select: true, update: ['active'] },
    rollup_invalidation: { select: true, insert: true, delete: true },
    rollup_mark: { select: true },
    tenant: { select: true, update: ['series_count', 'series_epoch', 'series_counted_at'] },
    ...quota,
  },
} as const satisfies SliceData
