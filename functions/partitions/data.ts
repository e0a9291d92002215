// The tables that this slice reads and writes.
import type { SliceData } from '@penstock/shared/base/slice-data.ts'

export const data = {
  uses: {
    metric_log: { select: true },
    metric_chunk: { select: true },
    chunk_month: { select: true, insert: true, update: true, delete: true },
    job_run: { select: true, insert: true, update: true },
  },
} as const satisfies SliceData
