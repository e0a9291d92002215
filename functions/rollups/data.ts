// The tables that this slice reads and writes.
import type { SliceData } from '@penstock/shared/base/slice-data.ts'

export const data = {
  uses: {
    answer_version: { select: true, insert: true, update: ['version'] },
    tenant: { select: true },
    metric_series: { select: true },
    metric_point: { select: true },
    metric_month: { select: true },
    metric_rollup: { select: true, insert: true, update: ['count', 'sum', 'min', 'max'], delete: true },
    rollup_mark: { select: true, update: ['fence', 'watermark'] },
    rollup_invalidation: { select: true, insert: true, delete: true },
    job_run: { select: true, insert: true, update: true },
  },
} as const satisfies SliceData
