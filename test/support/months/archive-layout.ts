// Makes an object that shows the archive's columns to BigQuery: terraform/bigquery/metrics.parquet.
import { metricParquet } from '@penstock/shared/archive/metric-parquet.ts'
import type { MetricRun } from '@penstock/shared/archive/metric-runs.ts'

/**
 * Returns the bytes of an object with one point. To write the file again, run `node test/support/months/archive-layout.ts >
 * terraform/bigquery/metrics.parquet`.
 */
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
