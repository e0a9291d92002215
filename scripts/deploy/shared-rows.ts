// Rows of the tables that the rooms of shared/ own, for one of several tenants.
import type { MakeRows } from '@penstock/shared/base/examples.ts'
import { formatTimestamp } from '@penstock/shared/base/time.ts'

const HOUR_MS = 3_600_000
const BASE = 1_000_000
const SHA256 = `\\x${'ab'.repeat(32)}`
const UUID = '77777777-0000-4000-8000-000000000007'

/** Keys that are unique over all tenants begin with the tenant's number. */
export const sharedRows: MakeRows = (n, world) => ({
  api_key: [{ id: `example${String(n).padStart(5, '0')}`, secret_sha256: SHA256, scopes: ['metrics:read'] }],
  compaction_lock: [{}],
  compaction_mark: [{ day: '2015-01-01', mark: BASE + n, random: 1, points: 1 }],
  idempotency_key: [{ key: 'key-1', payload_sha256: SHA256, verdicts: {}, expires_at: 'tomorrow' }],
  import_progress: [{ source_sha256: SHA256, position_bytes: 1, position_lines: 1, done: true, report: {} }],
  quota_window: [{ policy: 'points', window_start: '2015-01-01', granted: 1, lease: 1 }],
  tenant_quota: [{ kind: 'series', max_rows: 1_000_000 }],
  tenant_usage: [{ kind: 'series', part: 0, row_count: 1, byte_count: 1 }],
  usage_day: [{ day: '2015-01-01', requests: 1 }],
  ...archiveRows(n, world),
  ...pointRows(n, world),
})

const archiveRows: MakeRows = (n) => {
  const object = { rows: 1, size_bytes: 1, crc32c: 'AAAAAA==', content_sha256: SHA256 }
  const during = (month: string) => ({ month: `${month}-01`, min_ts: `${month}-01`, max_ts: `${month}-02` })
  const held = { dataset: 'feedback', from_ts: '2015-01-01', to_ts: '2015-01-02' }
  return {
    archive: [
      {
        ...object,
        ...during('2015-01'),
        id: BASE + n,
        dataset: 'metrics',
        name: `metrics/example-${n}`,
        generation: 1,
      },
    ],
    archive_hold: [{ ...held, id: BASE + n, reason: 'a case', placed_by: 'counsel' }],
    archive_next: [{ ...object, ...during('2015-02'), run: UUID, over_generation: 1 }],
    archiving: [{ month: '2015-03-01', run: UUID, kind: 'archive', era: 0, xid: '1' }],
  }
}

const pointRows: MakeRows = (n, { monthMs }) => {
  const id = BASE + n
  const at = (ms: number): string => formatTimestamp((monthMs + ms) * 1_000)
  const hour = { series_id: id, bucket: at(0), count: 1, sum: 1, min: 1, max: 1 }
  const span = { first_ts: at(0), last_ts: at(HOUR_MS) }
  const named = { service_name: 'pump-1', metric_type: 'temperature', unit: 'C', labels: { room: '2' } }
  return {
    metric_chunk: [{ series_id: id, ...span, n: 2, unit: 1_000_000, gap: [0, 3_600], value: [1, 2] }],
    metric_expiry: [{ before: '2015-01-01' }],
    metric_hour: [hour],
    metric_log: [{ block: 0, ...span, n: 2, series: [id, id], ts: [span.first_ts, span.last_ts], value: [1, 2] }],
    metric_series: [{ id, ...named, identity_sha256: SHA256 }],
    metric_series_span: [{ series_id: id, ...span }],
  }
}
