// functions/retention/months/copy-rows.ts: points in the binary format of COPY: https://www.postgresql.org/docs/15/sql-copy.html#id-1.9.3.55.9.4
import { Buffer } from 'node:buffer'
import type { MetricRun } from '@penstock/shared/archive/metric-runs.ts'

export const COPY_HEADER: Uint8Array = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
export const COPY_TRAILER: Uint8Array = Buffer.from([0xff, 0xff])

/** Four fields: two int4, timestamptz, float8, each behind its length. */
const ROW_BYTES = 2 + (4 + 4) + (4 + 4) + (4 + 8) + (4 + 8)
/** 2000-01-01, where PostgreSQL counts microseconds from. */
const EPOCH = 946_684_800_000_000
const HIGH = 2 ** 32

/** Rows of (tenant_id, series_id, ts, value). */
export function copyRows(
  tenantId: number,
  seriesId: number,
  { at, value }: Pick<MetricRun, 'at' | 'value'>,
): Uint8Array {
  const bytes = new Uint8Array(at.length * ROW_BYTES)
  const view = new DataView(bytes.buffer)
  let end = 0
  for (let i = 0; i < at.length; i++) {
    const instant = (at[i] ?? 0) - EPOCH
    const high = Math.floor(instant / HIGH)
    view.setInt16(end, 4)
    view.setInt32(end + 2, 4)
    view.setInt32(end + 6, tenantId)
    view.setInt32(end + 10, 4)
    view.setInt32(end + 14, seriesId)
    view.setInt32(end + 18, 8)
    view.setInt32(end + 22, high)
    view.setUint32(end + 26, instant - high * HIGH)
    view.setInt32(end + 30, 8)
    view.setFloat64(end + 34, value[i] ?? 0)
    end += ROW_BYTES
  }
  return bytes
}
