// The tables that this slice reads and writes.
import type { SliceData } from '@penstock/shared/base/slice-data.ts'

export const data = {
  uses: {
    metric_month: { select: true, insert: true, update: true },
    metric_point: { select: true, insert: true, update: ['value'] },
    metric_log: { select: true },
    metric_chunk: { select: true },
    chunk_month: { select: true, insert: true, update: true, delete: true },
    deferred_point: { select: true, delete: true },
    rollup_mark: { select: true },
    rollup_invalidation: { insert: true },
    job_run: { select: true, insert: true, update: true },
    tenant_usage: { select: true, insert: true, update: ['row_count', 'byte_count'] },
  },
} as const satisfies SliceData
