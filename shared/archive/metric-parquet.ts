// The format of an archive object of metrics: Parquet that DuckDB and BigQuery read without conversion.
//
// The bytes depend on the rows and on nothing else. They are written from runs in the archive's order (metric-runs.ts), in row groups of
// 50,000, with statistics of every column, so that a reader of one series finds its row groups by the footer.
import { constants, zstdCompressSync } from 'node:zlib'
import type { SchemaElement } from 'hyparquet'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { compareSeries, type MetricRun } from './metric-runs.ts'

/** The columns in their order, all required. `labels` is canonical JSON text, `{}` for a series without labels. */
export const METRIC_COLUMNS = ['service_name', 'metric_type', 'unit', 'labels', 'timestamp', 'value'] as const

/** Rows of a row group. The last one of an object has the remaining rows, and one with very long labels ends earlier. */
export const ROW_GROUP_ROWS = 50_000

/** Maximum UTF-16 units of text in a row group: each series' labels can have 4 KiB, and a group is in memory as a whole. */
const ROW_GROUP_TEXT = 8 * 1024 * 1024
/** Statistics are truncated to this many bytes: names fit, and long labels become bounds. */
const STATISTICS_BYTES = 256
/** zstd with a checksum: a changed byte is detected by every reader of its page, also when the page is read alone. */
const ZSTD = { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 }

const text = (name: string): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  logical_type: { type: 'STRING' },
  repetition_type: 'REQUIRED',
})

export const METRIC_SCHEMA: SchemaElement[] = [
  { name: 'metrics', num_children: METRIC_COLUMNS.length },
  text('service_name'),
  text('metric_type'),
  text('unit'),
  text('labels'),
  {
    name: 'timestamp',
    type: 'INT64',
    converted_type: 'TIMESTAMP_MICROS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
    repetition_type: 'REQUIRED',
  },
  { name: 'value', type: 'DOUBLE', repetition_type: 'REQUIRED' },
]

/** Returns the bytes of an object with these rows, piece by piece. About one row group is in memory at a time. Safe to repeat. */
export async function* metricParquet(runs: AsyncIterable<MetricRun>): AsyncGenerator<Uint8Array, void> {
  const writer = new ByteWriter(1024 * 1024)
  const compress = (bytes: Uint8Array) => new Uint8Array(zstdCompressSync(bytes, { params: ZSTD }))
  const parquet = new ParquetWriter({
    writer,
    schema: METRIC_SCHEMA,
    codec: 'ZSTD',
    compressors: { ZSTD: compress },
    statisticsTruncateLength: STATISTICS_BYTES,
    createdBy: 'penstock',
  })
  for await (const group of rowGroups(runs)) {
    await parquet.write({ columnData: columnsOf(group), rowGroupSize: ROW_GROUP_ROWS })
    yield taken(writer)
  }
  await parquet.finish()
  yield taken(writer)
}

/** Takes the bytes that the writer has so far; the writer continues as if it still held them. */
function taken(writer: ByteWriter): Uint8Array {
  const bytes = writer.getBytes().slice()
  writer.index = 0
  return bytes
}

/** Cuts runs so that they fill row groups. The end of a group depends on the rows alone. */
async function* rowGroups(runs: AsyncIterable<MetricRun>): AsyncGenerator<MetricRun[], void> {
  let group: MetricRun[] = []
  let rows = 0
  let texts = 0
  for await (const run of runs) {
    for (let from = 0; from < run.at.length; ) {
      const last = group.at(-1)?.series
      const more = last && compareSeries(last, run.series) === 0 ? 0 : run.series.labels.length
      if (rows === ROW_GROUP_ROWS || (rows > 0 && texts + more > ROW_GROUP_TEXT)) {
        yield group
        group = []
        rows = 0
        texts = 0
        continue
      }
      const to = Math.min(run.at.length, from + ROW_GROUP_ROWS - rows)
      group.push({ series: run.series, at: run.at.subarray(from, to), value: run.value.subarray(from, to) })
      rows += to - from
      texts += more
      from = to
    }
  }
  if (rows > 0) yield group
}

function columnsOf(group: readonly MetricRun[]) {
  const rows = group.reduce((sum, run) => sum + run.at.length, 0)
  const texts = { service: [] as string[], type: [] as string[], unit: [] as string[], labels: [] as string[] }
  const at = new BigInt64Array(rows)
  const value = new Float64Array(rows)
  let row = 0
  for (const run of group) {
    value.set(run.value, row)
    for (const instant of run.at) {
      texts.service.push(run.series.service)
      texts.type.push(run.series.type)
      texts.unit.push(run.series.unit)
      texts.labels.push(run.series.labels)
      at[row++] = BigInt(instant)
    }
  }
  return [
    { name: 'service_name', data: texts.service },
    { name: 'metric_type', data: texts.type },
    { name: 'unit', data: texts.unit },
    { name: 'labels', data: texts.labels },
    { name: 'timestamp', data: at, encoding: 'DELTA_BINARY_PACKED' as const },
    {
      name: 'value',
      data: value,
      encoding: repeatsItself(value) ? ('RLE_DICTIONARY' as const) : ('BYTE_STREAM_SPLIT' as const),
    },
  ]
}

/** True when a dictionary is the shorter form. */
function repeatsItself(values: Float64Array): boolean {
  return new Set(values).size * 2 <= values.length
}
