// The tables that this slice reads and writes.
import type { SliceData } from '@penstock/shared/base/slice-data.ts'

export const data = {
  uses: {
    tenant: { select: true },
    metric_series: { select: true },
    archive: { select: true },
    archive_next: { select: true },
    metric_log: { select: true },
    metric_chunk: { select: true },
    metric_hour: { select: true },
    metric_series_span: { select: true },
    metric_expiry: { select: true },
    compaction_mark: { select: true },
  },
} as const satisfies SliceData
