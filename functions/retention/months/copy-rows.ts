// Encodes a series' points for COPY.
import type { MetricRun } from '@penstock/shared/archive/metric-runs.ts'
import { pointRowBytes, putPointRow } from '@penstock/shared/points/binary-columns.ts'

/** Returns rows of (tenant_id, series_id, ts, value) in COPY's format. */
export function copyRows(
  tenantId: number,
  seriesId: number,
  { at, value }: Pick<MetricRun, 'at' | 'value'>,
): Uint8Array {
  const keys = [tenantId, seriesId]
  const bytes = new Uint8Array(at.length * pointRowBytes(keys.length))
  const view = new DataView(bytes.buffer)
  let end = 0
  for (let i = 0; i < at.length; i++) end = putPointRow(view, end, keys, { at: at[i] ?? 0, value: value[i] ?? 0 })
  return bytes
}
