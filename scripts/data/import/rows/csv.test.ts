import { formatTimestamp, parseTimestamp } from '@penstock/shared/base/time.ts'
import { instantJudge } from '@penstock/shared/points/verdicts.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CHUNK_POINTS, type Chunk, type Position } from '../chunk.ts'
import { readOptions } from '../options.ts'
import { createSeriesNamer } from '../series-names.ts'
import { findSlashOrder, readCsv } from './csv.ts'
import { planCsv } from './csv-plan.ts'
import { openZone } from './zone.ts'

const now = parseTimestamp('2026-11-20T12:00:00Z') ?? 0
const START: Position = { bytes: 0, lines: 0 }

function openFile(text: string | Buffer, args: readonly string[] = []) {
  const bytes = Buffer.from(text)
  const { csv } = readOptions(['a.csv', '--service', 's', ...args], {})
  const source = { path: 'a.csv', name: 'a', size: bytes.length, gzip: false, format: 'csv', head: bytes } as const
  const nameSeries = createSeriesNamer({ id: 1, name: 't', seriesLimit: 1, ignoredLabels: [] }, csv)
  const plan = planCsv(source, csv, nameSeries)
  const judgeInstant = instantJudge({ earliestYear: 2010, maxAheadHours: 24 }, now)
  return { bytes, plan, deps: { plan, zone: openZone(csv.zone), judgeInstant, source, nameSeries } }
}

async function* blocksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(text: string | Buffer, args: readonly string[] = [], from = START, size = 1_000): Promise<Chunk[]> {
  const { bytes, deps } = openFile(text, args)
  const chunks: Chunk[] = []
  for await (const chunk of readCsv(deps, blocksOf(bytes.subarray(from.bytes), size), from)) chunks.push(chunk)
  return chunks
}

type Point = readonly [type: string, at: string, value: number, line: number]
const pointsOf = (chunks: readonly Chunk[]): Point[] =>
  chunks.flatMap(({ series, count, of, at, value, line }) =>
    Array.from(
      { length: count },
      (_, i): Point => [series[of[i] ?? 0]?.type ?? '', formatTimestamp(at[i] ?? 0), value[i] ?? 0, line[i] ?? 0],
    ),
  )
const refusedOf = (chunks: readonly Chunk[]) => chunks.flatMap(({ tally }) => tally.refused)

describe('the rows of a CSV file', () => {
  it('become points with their lines; blank rows, empty cells and -0 are no trouble', async () => {
    const chunks = await read(
      'time,a,b\n2020-01-01,1,2\n\n2020-01-02,,-0\n,,\n"2020-01-03","3 ","NULL"\n2020-01-04,4,5,\n\n',
    )
    expect(pointsOf(chunks)).toEqual([
      ['a', '2020-01-01T00:00:00.000000Z', 1, 2],
      ['b', '2020-01-01T00:00:00.000000Z', 2, 2],
      ['b', '2020-01-02T00:00:00.000000Z', 0, 4],
      ['a', '2020-01-03T00:00:00.000000Z', 3, 6],
      ['a', '2020-01-04T00:00:00.000000Z', 4, 7],
      ['b', '2020-01-04T00:00:00.000000Z', 5, 7],
    ])
    expect(Object.is(pointsOf(chunks)[2]?.[2], 0)).toBe(true)
    expect(refusedOf(chunks)).toEqual([])
    expect(chunks.at(-1)).toMatchObject({ isLast: true, tally: { rows: 4, empty: 2 } })
  })

  it.each([
    ['noon,1,2', null, 'time', 'bad_time', '"noon" is not a time in the format iso'],
    [',1,2', null, 'time', 'bad_time', '"" is not a time in the format iso'],
    [
      '2009-12-31 23:59:59.999999,1,2',
      null,
      'time',
      'too_old',
      'timestamp must not be before 2010-01-01T00:00:00.000000Z',
    ],
    ['2026-11-21 12:00:00.000001,1,2', null, 'time', 'too_far_ahead', /more than 24 hours ahead/],
    ['2020-01-01,1', null, null, 'bad_line', 'has 2 cells, the header 3'],
    ['2020-01-01,1,2,3', null, null, 'bad_line', 'has 4 cells, the header 3'],
    ['2020-01-01,1,x', 1, 'b', 'bad_value', '"x" is not a number'],
    ['2020-01-01,1,1.0000000000000002e150', 1, 'b', 'invalid', /must be from -1e150 to 1e150$/],
    ['2020-01-01,1,-1.0000000000000002e150', 1, 'b', 'invalid', /must be from -1e150 to 1e150$/],
    ['2020-01-01,1,1e999', 1, 'b', 'invalid', /must be from -1e150 to 1e150$/],
  ])('are refused with line, column and reason: %s', async (row, kept, column, code, detail) => {
    const chunks = await read(`time,a,b\n2019-01-01,1,2\n${row}\n2019-01-02,3,4\n`)
    expect(refusedOf(chunks)).toMatchObject([{ line: 3, column, code }])
    expect(refusedOf(chunks)[0]?.detail).toEqual(typeof detail === 'string' ? detail : expect.stringMatching(detail))
    expect(pointsOf(chunks).map(([, , value]) => value)).toEqual(kept === null ? [1, 2, 3, 4] : [1, 2, kept, 3, 4])
  })

  it('are taken at the very limits', async () => {
    const rows = ['2010-01-01,1e150', '2026-11-21 12:00:00,-1e150']
    expect(pointsOf(await read(`time,a\n${rows.join('\n')}`)).map(([, , value]) => value)).toEqual([1e150, -1e150])
  })

  it('may hold line breaks in quotes: lines are counted in the file', async () => {
    const chunks = await read('time,note,a\n2020-01-01,"two\r\nlines",1\n2020-01-02,x,?\n', [
      '--metric',
      'a',
      '--time-format',
      'iso',
    ])
    expect(pointsOf(chunks)).toEqual([['a', '2020-01-01T00:00:00.000000Z', 1, 3]])
    expect(refusedOf(chunks)).toMatchObject([{ line: 4 }])
  })

  it('tell of times that the zone’s clocks showed twice or never', async () => {
    const rows = ['2019-11-03 01:30,1', '2019-11-03 01:30-07:00,2', '2019-03-10 02:30,3']
    const [chunk] = await read(`time,a\n${rows.join('\n')}`, ['--zone', 'America/Denver'])
    expect(chunk?.tally.doubtful).toEqual({ 'shown twice': 1, 'never shown': 1 })
  })

  it('belong to the series that their cells name', async () => {
    const text = 'entity_id,state,last_changed\na,1,2020-01-01\nb,2,2020-01-01\na,3,2020-01-02\n'
    const series = async (args: readonly string[]) =>
      (await read(text, args)).flatMap(({ series, of, count, value }) =>
        Array.from({ length: count }, (_, i) => {
          const { service, type, labels } = series[of[i] ?? 0] ?? {}
          return [service, type, labels, value[i]]
        }),
      )
    expect(await series([])).toEqual([
      ['s', 'state', '{"entity_id":"a"}', 1],
      ['s', 'state', '{"entity_id":"b"}', 2],
      ['s', 'state', '{"entity_id":"a"}', 3],
    ])
    expect(await series(['--metric', 'state={entity_id}'])).toEqual([
      ['s', 'a', '{}', 1],
      ['s', 'b', '{}', 2],
      ['s', 'a', '{}', 3],
    ])
    const long = `time,sensor,v\n2020-01-01,${'x'.repeat(60)},1\n2020-01-01,y,2\n`
    const chunks = await read(long, ['--metric', 'v={sensor}'])
    expect(refusedOf(chunks)).toMatchObject([{ line: 2, code: 'invalid', detail: expect.stringMatching(/at most 50/) }])
    expect(pointsOf(chunks)).toHaveLength(1)
  })

  it('have the second pass of a repeated hour an hour later, by their order, also after an interruption', async () => {
    const zone = ['--zone', 'Europe/Berlin']
    const clocks = ['01:30', '02:00', '02:30', '02:00', '02:30', '03:00']
    const hours = ['23:30', '00:00', '00:30', '01:00', '01:30', '02:00']
    const text = (order: readonly string[]) =>
      `time,v\n${order.map((clock, i) => `2026-10-25 ${clock},${i}\n`).join('')}`
    const at = async (...args: Parameters<typeof read>) =>
      pointsOf(await read(...args)).map(([, time]) => time.slice(11, 16))
    expect(await at(text(clocks), zone)).toEqual(hours)
    expect(await at(text(clocks.toReversed()), zone)).toEqual(hours.toReversed())
    expect(await at('time,v\n2026-10-25 01:00,1\n2026-10-25 02:00,2\n2026-10-25 02:00,3\n', zone)).toEqual([
      '23:00',
      '00:00',
      '01:00',
    ])
    const two =
      'time,sensor,v\n' + ['a', 'b'].flatMap((who) => clocks.map((clock) => `2026-10-25 ${clock},${who},1\n`)).join('')
    expect(await at(two, zone)).toEqual([...hours, ...hours])

    const { bytes, deps } = openFile(text(clocks), zone)
    const from = { bytes: 'time,v\n'.length + 4 * '2026-10-25 01:30,0\n'.length, lines: 5 }
    const rest: Chunk[] = []
    const before = blocksOf(bytes.subarray(0, from.bytes), 7)
    for await (const chunk of readCsv(deps, blocksOf(bytes.subarray(from.bytes), 7), from, before)) rest.push(chunk)
    expect(pointsOf(rest).map(([, time]) => time.slice(11, 16))).toEqual(hours.slice(4))
  })

  it('fill chunks, the last of which may be empty, whole', async () => {
    const row = (i: number) => `${new Date(Date.UTC(2020, 0, 1) + i * 1000).toISOString()},${i},${i}`
    const rows = (count: number) => `time,a,b\n${Array.from({ length: count }, (_, i) => row(i)).join('\n')}\n`
    const counts = async (count: number) => (await read(rows(count))).map((chunk) => chunk.count)
    expect(await counts(CHUNK_POINTS / 2 - 1)).toEqual([CHUNK_POINTS - 2])
    expect(await counts(CHUNK_POINTS / 2)).toEqual([CHUNK_POINTS, 0])
    expect(await counts(CHUNK_POINTS / 2 + 1)).toEqual([CHUNK_POINTS, 2])
  })

  it('are the same from wherever an earlier reading ended, and however the bytes arrive', async () => {
    const row = fc.constantFrom(
      '2020-01-01,1',
      '2020-01-02,x',
      '',
      'noon,1',
      '2020-01-03,"2"',
      '2020-01-04,',
      '2020-01-05 ,ü',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 12 }), fc.integer({ min: 1, max: 30 }), async (rows, size) => {
        const text = `time,a\n2019-01-01,7\n${rows.join('\r\n')}`
        const whole = await read(text, ['--metric', 'a', '--time-format', 'iso'])
        expect(pointsOf(await read(text, ['--metric', 'a', '--time-format', 'iso'], START, size))).toEqual(
          pointsOf(whole),
        )
        // Each line but the header is a place where a chunk may end.
        const [first = '', ...rest] = text.split(/(?<=\n)/)
        let [bytes, lines] = [Buffer.byteLength(first), 1]
        for (const line of rest) {
          ;[bytes, lines] = [bytes + Buffer.byteLength(line), lines + 1]
          const after = await read(text, ['--metric', 'a', '--time-format', 'iso'], { bytes, lines }, size)
          expect(pointsOf(after)).toEqual(pointsOf(whole).filter(([, , , at]) => at > lines))
          expect(refusedOf(after)).toEqual(refusedOf(whole).filter((refusal) => refusal.line > lines))
        }
      }),
      { numRuns: 60 },
    )
  })

  it('end where the chunk says that it ends', async () => {
    const text = `time,a\n${'2020-01-01,1\n'.repeat(CHUNK_POINTS + 5)}`
    const [first] = await read(text)
    const rest = await read(text, [], first?.end)
    expect(first?.end.lines).toBe(CHUNK_POINTS + 1)
    expect(pointsOf(rest)).toHaveLength(5)
    expect(rest.at(-1)?.end.lines).toBe(CHUNK_POINTS + 6)
  })

  it('that are no CSV end the reading, with the line', async () => {
    const unclosed = `time,a\n2020-01-01,1\n2020-01-02,"1\n${'2020-01-03,1\n'.repeat(100_000)}`
    await expect(read(unclosed)).rejects.toThrow(/^line \d+: Max Record Size/)
    await expect(read('time,a\n2020-01-01,1\n2020-01-02,"1\n')).rejects.toThrow(/^line [34]: Quote Not Closed/)
  })
})

describe('the order of slashed dates', () => {
  it.each([
    ['2/1/2019,1\n2/12/2019,1\n2/13/2019,1\n13/1/2019,1', 'M/D/YYYY'],
    ['2/1/2019,1\n13/1/2019,1\n', 'D/M/YYYY'],
    ['2/1/2019,1\n12/12/2019,1\n', undefined],
  ])('is told by the first row that tells it: %j', async (rows, order) => {
    const { bytes, plan } = openFile(`time,a\n${rows}`)
    expect(await findSlashOrder(plan, blocksOf(bytes, 7))).toBe(order)
  })
})
