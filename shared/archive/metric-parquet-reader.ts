// Reads all rows of an archive object of metrics as runs, in the order in which they were written.
import { zstdDecompressSync } from 'node:zlib'
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetRead } from 'hyparquet'
import type { SeriesName } from '../points/series-queries.ts'
import { METRIC_COLUMNS } from './metric-parquet.ts'
import type { MetricRun } from './metric-runs.ts'

type Columns = Record<(typeof METRIC_COLUMNS)[number], ArrayLike<unknown>>

/**
 * Returns every row of an object in its order, as runs. One row group is in memory at a time. Safe to repeat.
 * @throws {Error} when the bytes are not an object of our format, and the errors of `file`.
 */
export async function* readMetricParquet(file: AsyncBuffer): AsyncGenerator<MetricRun, void> {
  const metadata = await parquetMetadataAsync(file)
  const names = metadata.schema.slice(1).map((element) => element.name)
  if (names.join() !== METRIC_COLUMNS.join()) throw new Error(`not an archive object of metrics: ${names.join()}`)
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows)
    yield* runsOf(await readRows(file, metadata, rowStart, rowEnd), rowEnd - rowStart)
    rowStart = rowEnd
  }
}

async function readRows(file: AsyncBuffer, metadata: FileMetaData, rowStart: number, rowEnd: number): Promise<Columns> {
  const chunks = new Map<string, ArrayLike<unknown>[]>()
  await parquetRead({
    file,
    metadata,
    rowStart,
    rowEnd,
    compressors: { ZSTD: (bytes) => new Uint8Array(zstdDecompressSync(bytes)) },
    parsers: { timestampFromMicroseconds: Number },
    onChunk: ({ columnName, columnData }) =>
      void chunks.set(columnName, [...(chunks.get(columnName) ?? []), columnData]),
  })
  const column = (name: string): ArrayLike<unknown> => {
    const parts = chunks.get(name) ?? []
    return parts.length === 1 ? (parts[0] ?? []) : parts.flatMap((part) => Array.from(part))
  }
  return Object.fromEntries(METRIC_COLUMNS.map((name) => [name, column(name)])) as Columns
}

function* runsOf(columns: Columns, rows: number): Generator<MetricRun, void> {
  const { service_name, metric_type, unit, labels } = columns
  for (const name of METRIC_COLUMNS)
    if (columns[name].length !== rows) throw new Error(`${name} has ${columns[name].length} of ${rows} rows`)
  const at = Float64Array.from(columns.timestamp as ArrayLike<number>)
  const value = Float64Array.from(columns.value as ArrayLike<number>)
  const sameSeries = (a: number, b: number): boolean =>
    labels[a] === labels[b] &&
    metric_type[a] === metric_type[b] &&
    service_name[a] === service_name[b] &&
    unit[a] === unit[b]
  for (let from = 0; from < rows; ) {
    let to = from + 1
    while (to < rows && sameSeries(from, to)) to++
    const series = {
      service: service_name[from],
      type: metric_type[from],
      unit: unit[from],
      labels: labels[from],
    } as SeriesName
    yield { series, at: at.subarray(from, to), value: value.subarray(from, to) }
    from = to
  }
}
