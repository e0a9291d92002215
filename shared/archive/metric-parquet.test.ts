import fc from 'fast-check'
import { parquetMetadata } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import { METRIC_COLUMNS, metricParquet, ROW_GROUP_ROWS } from './metric-parquet.ts'
import { readMetricParquet } from './metric-parquet-reader.ts'
import { compareSeries, type MetricRun, metricSummary } from './metric-runs.ts'

const cpu = { service: 'api', type: 'cpu', unit: '%', labels: '{"host":"a"}' }

async function* each<T>(items: Iterable<T>): AsyncGenerator<T, void> {
  yield* items
}
async function written(runs: Iterable<MetricRun>): Promise<ArrayBuffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of metricParquet(each(runs))) pieces.push(piece)
  return new Uint8Array(Buffer.concat(pieces)).buffer
}
const fileOf = (buffer: ArrayBuffer) => ({
  byteLength: buffer.byteLength,
  slice: async (start: number, end?: number) => buffer.slice(start, end),
})
async function readBack(buffer: ArrayBuffer): Promise<MetricRun[]> {
  const runs: MetricRun[] = []
  for await (const run of readMetricParquet(fileOf(buffer))) runs.push(run)
  return runs
}
const run = (series: MetricRun['series'], points: readonly (readonly [at: number, value: number])[]): MetricRun => ({
  series,
  at: Float64Array.from(points.map(([at]) => at)),
  value: Float64Array.from(points.map(([, value]) => value)),
})
/** Rows one by one: what a content is, however it is cut into runs. */
const rowsOf = (runs: readonly MetricRun[]) =>
  runs.flatMap(({ series, at, value }) => Array.from(at, (instant, i) => [series, instant, value[i]] as const))
function summaryOf(runs: readonly MetricRun[]) {
  const summary = metricSummary()
  for (const one of runs) summary.add(one)
  return summary.finish()
}

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => !text.includes('\0'))
const labels = fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.jsonValue({ maxDepth: 3 }), {
  maxKeys: 4,
})
const value = fc.double({ noNaN: true, noDefaultInfinity: true }).map((v) => (v === 0 ? 0 : v))
/** An object holds one month. */
const instant = fc.integer({ min: Date.UTC(2026, 9, 1) * 1000, max: Date.UTC(2026, 10, 1) * 1000 - 1 })
const content = fc
  .uniqueArray(
    fc.record({
      series: fc.record({ service: name, type: name, unit: name, labels: labels.map((l) => JSON.stringify(l)) }),
      points: fc.uniqueArray(fc.tuple(instant, value), { selector: ([at]) => at, minLength: 1, maxLength: 20 }),
    }),
    {
      selector: ({ series }) => JSON.stringify([series.service, series.type, series.unit, series.labels]),
      maxLength: 8,
    },
  )
  .map((all) =>
    all
      .toSorted((a, b) => compareSeries(a.series, b.series))
      .map(({ series, points }) =>
        run(
          series,
          points.toSorted(([a], [b]) => a - b),
        ),
      ),
  )

describe('an archive object of metrics', () => {
  it('gives back every name, label, microsecond and bit of a value', async () => {
    await fc.assert(
      fc.asyncProperty(content, async (runs) => {
        expect(rowsOf(await readBack(await written(runs)))).toEqual(rowsOf(runs))
      }),
      { numRuns: 60 },
    )
  })

  it('keeps the smallest, largest and odd values', async () => {
    const odd = [0, 5e-324, -5e-324, 1.7976931348623157e308, -1e150, 0.1, 1 / 3, 2 ** 53 + 2, 51.846000000000004]
    const runs = [
      run(
        cpu,
        odd.map((v, i) => [1_780_000_000_000_001 + i, v] as const),
      ),
    ]
    expect((await readBack(await written(runs)))[0]).toEqual(runs[0])
  })

  it('has the same bytes for the same rows, however they are cut into runs', async () => {
    const points = Array.from({ length: 1_000 }, (_, i) => [i * 1_000_003, Math.sin(i)] as const)
    const whole = await written([run(cpu, points)])
    const pieces = await written([run(cpu, points.slice(0, 1)), run(cpu, []), run(cpu, points.slice(1))])
    expect(Buffer.from(pieces).equals(Buffer.from(whole))).toBe(true)
  })

  it.each([
    [ROW_GROUP_ROWS - 1, [49_999]],
    [ROW_GROUP_ROWS, [50_000]],
    [ROW_GROUP_ROWS + 1, [50_000, 1]],
  ])('of %i rows has the row groups %j, with statistics of each column', async (rows, groups) => {
    const file = await written([
      run(
        cpu,
        Array.from({ length: rows }, (_, i) => [i, i] as const),
      ),
    ])
    const metadata = parquetMetadata(file)
    expect(metadata.row_groups.map((group) => Number(group.num_rows))).toEqual(groups)
    expect(metadata.created_by).toBe('penstock')
    const columns = metadata.row_groups[0]?.columns.map(({ meta_data: m }) => [
      m?.path_in_schema[0],
      m?.codec,
      m?.statistics?.min_value,
    ])
    expect(columns).toEqual([
      ['service_name', 'ZSTD', 'api'],
      ['metric_type', 'ZSTD', 'cpu'],
      ['unit', 'ZSTD', '%'],
      ['labels', 'ZSTD', '{"host":"a"}'],
      ['timestamp', 'ZSTD', new Date(0)],
      ['value', 'ZSTD', expect.closeTo(0)],
    ])
    expect(metadata.schema.slice(1).map((element) => [element.name, element.repetition_type])).toEqual(
      METRIC_COLUMNS.map((column) => [column, 'REQUIRED']),
    )
  })

  it('ends a row group early when its labels are long, so that memory stays bounded', async () => {
    const long = (i: number) => ({
      ...cpu,
      labels: JSON.stringify({ text: `${String(i).padStart(5, '0')}${'x'.repeat(4_000)}` }),
    })
    const runs = Array.from({ length: 3_000 }, (_, i) => run(long(i), [[i, i]]))
    const file = await written(runs)
    expect(parquetMetadata(file).row_groups.map((group) => Number(group.num_rows))).toEqual([2088, 912])
    expect(summaryOf(await readBack(file))).toEqual(summaryOf(runs))
  })

  it('is not read as another when a byte of its pages changed', async () => {
    const points = Array.from({ length: 400 }, (_, i) => [i * 1_000_003, Math.sin(i)] as const)
    const file = await written([run(cpu, points)])
    const { columns = [] } = parquetMetadata(file).row_groups[0] ?? {}
    const { data_page_offset: from = 0n, total_compressed_size: size = 0n } = columns.at(-1)?.meta_data ?? {}
    for (let at = Number(from); at < Number(from + size); at += 29) {
      const changed = new Uint8Array(file.slice(0))
      changed[at] = (changed[at] ?? 0) ^ 4
      const rows = await readBack(changed.buffer).then(rowsOf, () => 'refused')
      expect(['refused', rowsOf([run(cpu, points)])]).toContainEqual(rows)
    }
  })

  it('without rows is still one', async () => {
    expect(await readBack(await written([]))).toEqual([])
  })

  it('is told from other Parquet, and from no Parquet', async () => {
    await expect(readBack(new TextEncoder().encode('PAR1 this is no footer PAR1').buffer)).rejects.toThrow()
    const file = await written([run(cpu, [[1, 1]])])
    const renamed = Buffer.from(Buffer.from(file).toString('latin1').replaceAll('metric_type', 'metric_kind'), 'latin1')
    await expect(readBack(new Uint8Array(renamed).buffer)).rejects.toThrow('metric_kind')
  })
})

describe('a summary', () => {
  const points = [
    [1, 1],
    [2, 2],
    [5, 3],
  ] as const
  it('says rows, first and last instant, and the same hash however rows are cut', () => {
    const summary = summaryOf([run(cpu, points)])
    expect(summary).toMatchObject({ rows: 3, minAt: 1, maxAt: 5 })
    expect(summaryOf([run(cpu, points.slice(0, 2)), run(cpu, points.slice(2))])).toEqual(summary)
    expect(summaryOf([])).toMatchObject({ rows: 0, minAt: null, maxAt: null })
  })

  it('changes with any instant, value or name, and with whose points they are', () => {
    const other = { ...cpu, labels: '{"host":"b"}' }
    const contents = [
      [run(cpu, points)],
      [run(other, points)],
      [
        run(cpu, [
          [1, 1],
          [2, 2],
          [6, 3],
        ]),
      ],
      [
        run(cpu, [
          [1, 1],
          [2, 2.0000000000000004],
          [5, 3],
        ]),
      ],
      [run(cpu, points.slice(0, 2)), run(other, points.slice(2))],
      [run(cpu, points.slice(0, 1)), run(other, points.slice(1))],
    ]
    expect(new Set(contents.map((runs) => summaryOf(runs).contentHash)).size).toBe(contents.length)
  })

  it('refuses rows out of order and keys that are there twice', () => {
    expect(() =>
      summaryOf([
        run(cpu, [
          [2, 1],
          [1, 1],
        ]),
      ]),
    ).toThrow('out of order')
    expect(() => summaryOf([run(cpu, [[1, 1]]), run(cpu, [[1, 2]])])).toThrow('out of order')
    expect(() => summaryOf([run({ ...cpu, unit: 'b' }, [[1, 1]]), run({ ...cpu, unit: 'a' }, [[1, 1]])])).toThrow(
      'out of order',
    )
  })

  it('orders series by UTF-8 bytes, where UTF-16 would order them otherwise', () => {
    expect(compareSeries({ ...cpu, unit: '\u{1F600}' }, { ...cpu, unit: '\uFF01' })).toBeGreaterThan(0)
    expect(compareSeries(cpu, { ...cpu })).toBe(0)
  })
})
