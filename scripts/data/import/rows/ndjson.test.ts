import { formatTimestamp, parseTimestamp } from '@penstock/shared/base/time.ts'
import { describe, expect, it } from 'vitest'
import { CHUNK_POINTS, type Chunk } from '../chunk.ts'
import { readNdjson } from './ndjson.ts'

const now = parseTimestamp('2026-11-20T12:00:00Z') ?? 0
const tenant = { id: 1, name: 't', seriesLimit: 1, ignoredLabels: ['run'] }
const metric = (value: unknown, more: object = {}) => ({
  service_name: 's',
  metric_type: 't',
  metric_value: value,
  unit: 'C',
  timestamp: '2020-01-01T00:00:00Z',
  ...more,
})

async function read(lines: readonly unknown[], from = { bytes: 0, lines: 0 }): Promise<Chunk[]> {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')
  const limits = { earliestYear: 2010, maxAheadHours: 24 }
  async function* blocks() {
    yield Buffer.from(text).subarray(from.bytes)
  }
  const chunks: Chunk[] = []
  for await (const chunk of readNdjson({ tenant, limits, now }, blocks(), from)) chunks.push(chunk)
  return chunks
}
const valuesOf = (chunks: readonly Chunk[]) => chunks.flatMap(({ value, count }) => [...value.subarray(0, count)])
const refusedOf = (chunks: readonly Chunk[]) => chunks.flatMap(({ tally }) => tally.refused)

describe('the lines of an NDJSON file', () => {
  it('are metrics, arrays of them, or what a message may hold', async () => {
    const [chunk] = await read([
      `\ufeff${JSON.stringify(metric(1))}`,
      '',
      [metric(2), metric(3, { metric_metadata: { b: 1, a: 'x', run: 9 } })],
      { metrics: [metric(4, { timestamp: '2020-01-02T00:00:00+01:00' })] },
      '   ',
    ])
    expect(valuesOf(chunk ? [chunk] : [])).toEqual([1, 2, 3, 4])
    expect(chunk?.series.map(({ labels }) => labels)).toEqual(['{}', '{"a":"x","b":1}'])
    expect([...(chunk?.of.subarray(0, 4) ?? [])]).toEqual([0, 0, 1, 0])
    expect([...(chunk?.line.subarray(0, 4) ?? [])]).toEqual([1, 3, 3, 4])
    expect(formatTimestamp(chunk?.at[3] ?? 0)).toBe('2020-01-01T23:00:00.000000Z')
    expect(chunk).toMatchObject({ isLast: true, tally: { rows: 3, refused: [] } })
  })

  it.each([
    ['{', null, 'bad_line', 'is not valid JSON'],
    ['"text"', null, 'bad_line', /is not a metric, an array/],
    [metric('x'), null, 'invalid', /metric_value/],
    [metric(1, { service_name: '' }), null, 'invalid', /service_name/],
    [metric(1, { timestamp: undefined }), null, 'bad_time', /timestamp is missing/],
    [metric(1, { timestamp: '1970-01-01T00:00:00Z' }), null, 'too_old', /2010/],
    [metric(1, { timestamp: '2026-11-22T00:00:00Z' }), null, 'too_far_ahead', /24 hours/],
    [[metric(8), 'x', metric(9)], '/1', 'invalid', /./],
    [[metric(8), metric(9), metric(1, { timestamp: null })], '/2', 'bad_time', /timestamp is missing/],
    [[metric(1, { timestamp: null }), metric(8), metric('x'), metric(9)], '/2', 'invalid', /metric_value/],
  ])('are refused with line, place and reason: %j', async (line, column, code, detail) => {
    const refused = refusedOf(await read([metric(1), line, metric(2)]))
    expect(refused.at(-1)).toMatchObject({ line: 2, column, code })
    expect(refused.at(-1)?.detail).toMatch(detail)
    expect(valuesOf(await read([metric(1), line, metric(2)])).filter((value) => value > 2)).toEqual(
      Array.isArray(line) ? [8, 9] : [],
    )
  })

  it('have 10,000 metrics at most, and no bytes that are no UTF-8', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => metric(i))
    expect(valuesOf(await read([many(10_000)]))).toHaveLength(10_000)
    expect(refusedOf(await read([many(10_001)]))).toMatchObject([{ line: 1, code: 'bad_line' }])
    async function* blocks() {
      yield Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}\n')])
    }
    const deps = { tenant, limits: { earliestYear: 2010, maxAheadHours: 24 }, now }
    for await (const { tally } of readNdjson(deps, blocks(), { bytes: 0, lines: 0 })) {
      expect(tally.refused).toMatchObject([{ line: 1, detail: 'is not valid UTF-8' }])
    }
  })

  it('fill chunks that end with a line, and are read on from there', async () => {
    const lines = Array.from({ length: CHUNK_POINTS / 2 + 1 }, (_, i) => [metric(i), metric(i)])
    const chunks = await read(lines)
    expect(chunks.map(({ count, isLast }) => [count, isLast])).toEqual([
      [CHUNK_POINTS, false],
      [2, true],
    ])
    expect(chunks[0]?.end.lines).toBe(CHUNK_POINTS / 2)
    expect(valuesOf(await read(lines, chunks[0]?.end))).toEqual([CHUNK_POINTS / 2, CHUNK_POINTS / 2])
  })
})

describe('the values of a JSON file that has no value a line', () => {
  const layouts = { tenant, limits: { earliestYear: 2010, maxAheadHours: 24 }, now }
  async function readText(
    text: string,
    size = 1_000,
    from = { bytes: 0, lines: 0 },
    layout: 'array' | 'objects' = 'array',
  ) {
    async function* blocks() {
      const bytes = Buffer.from(text).subarray(from.bytes)
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
    }
    const chunks: Chunk[] = []
    for await (const chunk of readNdjson({ ...layouts, layout }, blocks(), from)) chunks.push(chunk)
    return chunks
  }
  const pretty = (value: unknown) => JSON.stringify(value, null, 2)

  it.each([1, 2, 7, 1_000])('are the elements of an array over several lines, in blocks of %i bytes', async (size) => {
    const metrics = [metric(1), metric(2, { metric_metadata: { a: '}"]\\', b: [{ c: '[' }] } }), metric(3)]
    const text = `\ufeff${pretty(metrics)}\n`
    expect(valuesOf(await readText(text, size))).toEqual([1, 2, 3])
    expect(refusedOf(await readText(text, size))).toEqual([])
    expect(
      valuesOf(await readText(`${pretty(metric(4))}\n${pretty({ metrics })}`, size, undefined, 'objects')),
    ).toEqual([4, 1, 2, 3])
  })

  it('are refused one by one, with the line in which each begins', async () => {
    const text = `[\n${pretty(metric(1))},\n7, "x",\n{"a":},\n${pretty(metric('x'))},\n${pretty(metric(2))}\n]`
    const chunks = await readText(text)
    expect(valuesOf(chunks)).toEqual([1, 2])
    expect(refusedOf(chunks).map(({ line, code }) => [line, code])).toEqual([
      [9, 'bad_line'],
      [9, 'bad_line'],
      [10, 'bad_line'],
      [11, 'invalid'],
    ])
  })

  it.each([
    ['inside a value', `[${JSON.stringify(metric(1))},\n{"a":`],
    ['between values', `[${JSON.stringify(metric(1))},\n`],
    ['behind a value', `[${JSON.stringify(metric(1))}\n`],
  ])('of a file that was cut off %s are told of', async (_, text) => {
    const chunks = await readText(text)
    expect(valuesOf(chunks)).toEqual([1])
    expect(refusedOf(chunks)).toMatchObject([{ detail: expect.stringContaining('the file may be cut off') }])
  })

  it('end where the chunk says that they end', async () => {
    const text = `[\n${Array.from({ length: CHUNK_POINTS + 5 }, () => JSON.stringify(metric(1))).join(',\n')}\n]\n`
    const [first, ...rest] = await readText(text, 64 * 1024)
    expect(first?.end.lines).toBe(CHUNK_POINTS)
    expect(valuesOf(rest)).toHaveLength(5)
    expect(valuesOf(await readText(text, 64 * 1024, first?.end))).toHaveLength(5)
  })
})
