// A month of five million points in the local Cloud Storage, with its records, as if it had been archived.

import { join } from 'node:path'
import { type ArchiveStore, openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { metricParquet } from '@penstock/shared/archive/metric-parquet.ts'
import { type MetricRun, type MetricSummary, metricSummary } from '@penstock/shared/archive/metric-runs.ts'
import type { StoredObject } from '@penstock/shared/archive/stored-object.ts'
import {
  addMonths,
  DAY,
  formatTimestamp,
  type Micros,
  monthOf,
  monthStart,
  SECOND,
} from '@penstock/shared/base/time.ts'
import { ARCHIVE_BUCKET } from '../../../cli/state.ts'
import { startStorage } from '../../../local/storage/server.ts'
import type { Stage } from '../stage.ts'

const SERIES = 56
const STEP = 30 * SECOND
/** Earlier than every other month of a benchmark. */
const MONTHS_AGO = 6

export interface ArchivedMonth {
  readonly storageUrl: string
  readonly object: StoredObject
  readonly points: number
  /** First instants of its days. */
  readonly days: readonly Micros[]
  readonly series: readonly string[]
  readonly pointsADay: number
}

/** Names a sensor that is read every 30 seconds, by its service. */
const nameOf = (series: number): MetricRun['series'] => ({
  service: `archived-${String(series).padStart(2, '0')}`,
  type: 'vibration',
  unit: 'mm/s',
  labels: '{"building":"north","room":"17"}',
})

/** Writes the month and records it in the database. The steps that remove both are put on `parts`. */
export async function archiveMonth(stage: Stage, parts: AsyncDisposableStack): Promise<ArchivedMonth> {
  const folder = join(stage.folder, 'storage')
  const storage = await startStorage({ folder, clock: Date.now, buckets: [ARCHIVE_BUCKET] })
  parts.defer(() => storage.close())
  const store = openArchiveStore({ bucket: ARCHIVE_BUCKET, endpoint: storage.url })
  const month = addMonths(monthOf(Date.now() * 1000), -MONTHS_AGO)
  const { object, summary } = await writeObject(store, month)
  parts.defer(async () => void (await stage.admin.query('delete from archive')))
  await recordMonth(stage, month, object, summary)
  const days = (monthStart(addMonths(month, 1)) - monthStart(month)) / DAY
  return {
    storageUrl: storage.url,
    object,
    points: summary.rows,
    days: Array.from({ length: days }, (_, day) => monthStart(month) + day * DAY),
    series: Array.from({ length: SERIES }, (_, series) => nameOf(series).service),
    pointsADay: DAY / STEP,
  }
}

async function writeObject(
  store: ArchiveStore,
  month: string,
): Promise<{ readonly object: StoredObject; readonly summary: MetricSummary }> {
  const summary = metricSummary()
  async function* counted(): AsyncGenerator<MetricRun, void> {
    for (const run of runsOf(month)) {
      summary.add(run)
      yield run
    }
  }
  // Everything is written first, because the storage runs in this process and could not answer in the meantime.
  const pieces: Uint8Array[] = []
  for await (const piece of metricParquet(counted())) pieces.push(piece)
  const object = await store.put(`metrics/tenant=default/month=${month}/part-0.parquet`, async function* () {
    yield* pieces
  })
  return { object, summary: summary.finish() }
}

function* runsOf(month: string): Generator<MetricRun, void> {
  const from = monthStart(month)
  const length = (monthStart(addMonths(month, 1)) - from) / STEP
  for (let series = 0; series < SERIES; series++) {
    yield {
      series: nameOf(series),
      at: Float64Array.from({ length }, (_, i) => from + i * STEP),
      value: Float64Array.from({ length }, (_, i) => measured(series, i)),
    }
  }
}

/** Returns a plausible measurement: a daily cycle with noise, three decimals. */
function measured(series: number, i: number): number {
  const noise = (Math.imul(i * 64 + series, 0x9e_37_79_b1) >>> 0) / 2 ** 32
  return Math.round((20 + series + 5 * Math.sin((2 * Math.PI * i * STEP) / DAY) + noise) * 1_000) / 1_000
}

async function recordMonth(
  { admin, tenantId }: Stage,
  month: string,
  { name, generation, size, crc32c }: StoredObject,
  { rows, minAt, maxAt, contentHash }: MetricSummary,
): Promise<void> {
  for (let series = 0; series < SERIES; series++) {
    const { service, type, unit, labels } = nameOf(series)
    await admin.query(
      `insert into metric_series (tenant_id, service_name, metric_type, unit, labels, identity_sha256)
       values ($1, $2, $3, $4, $5, sha256(convert_to($2, 'UTF8'))) on conflict (tenant_id, identity_sha256) do nothing`,
      [tenantId, service, type, unit, labels],
    )
  }
  await admin.query(
    `insert into archive (dataset, tenant_id, month, name, generation, rows, min_ts, max_ts, size_bytes, crc32c, content_sha256, state, verified_at)
     values ('metrics', $1, $2, $3, $4, $5, $6, $7, $8, $9, decode($10, 'hex'), 'verified', now())`,
    [
      tenantId,
      month,
      name,
      generation,
      rows,
      ...[minAt ?? 0, maxAt ?? 0].map(formatTimestamp),
      size,
      crc32c,
      contentHash,
    ],
  )
}
