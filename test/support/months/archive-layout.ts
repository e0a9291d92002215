// One object of the archive, which tells BigQuery the archive's columns: terraform/bigquery/metrics.parquet.
import { metricParquet } from '@penstock/shared/archive/metric-parquet.ts'
import type { MetricRun } from '@penstock/shared/archive/metric-runs.ts'

/** The bytes of an object with one point. Written anew with `node test/support/months/archive-layout.ts > terraform/bigquery/metrics.parquet`. */
export async function archiveLayout(): Promise<Buffer> {
  async function* onePoint(): AsyncGenerator<MetricRun, void> {
    const series = { service: 'example', type: 'example', unit: '', labels: '{}' }
    yield { series, at: Float64Array.of(0), value: Float64Array.of(0) }
  }
  const pieces: Uint8Array[] = []
  for await (const piece of metricParquet(onePoint())) pieces.push(piece)
  return Buffer.concat(pieces)
}

if (import.meta.main) process.stdout.write(await archiveLayout())
