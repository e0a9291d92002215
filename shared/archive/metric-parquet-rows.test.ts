import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { openObjectMemory, runOf } from '../../test/support/months/archive-objects.ts'
import { DamagedArchive } from './damaged-archive.ts'
import { type Footer, footerBytes, readFooter, seriesKey, tailBytes } from './metric-parquet-footer.ts'
import { bytesNeeded, mayHold, readRuns, type Wanted } from './metric-parquet-rows.ts'
import type { MetricRun } from './metric-runs.ts'

const START = Date.UTC(2026, 7, 1) * 1000
const END = START + 31 * 86_400_000_000 - 1

const keyOf = ({ series: s }: MetricRun): string => seriesKey([s.service, s.type, s.unit, s.labels])

/** These series, with their places as ids. */
function wantedOf(runs: readonly MetricRun[], from = START, to = END): Wanted {
  const sorted = runs.map((run, id) => ({ key: keyOf(run), id })).toSorted((a, b) => (a.key < b.key ? -1 : 1))
  return { keys: sorted.map(({ key }) => key), ids: sorted.map(({ id }) => id), from, to }
}

/** Points as `id instant value`. */
async function readAll(bytes: Uint8Array, footer: Footer, wanted: Wanted): Promise<string[]> {
  const found: string[] = []
  for (const group of footer.groups.filter((one) => mayHold(one, wanted))) {
    const { start, end } = bytesNeeded(group, wanted)
    const part = { start, bytes: bytes.slice(start, end) }
    for (const { seriesId, at, value } of await readRuns(group, part, wanted))
      at.forEach((instant, i) => found.push(`${seriesId} ${instant} ${value[i]}`))
  }
  return found.toSorted()
}

const expected = (runs: readonly MetricRun[], from = START, to = END): string[] =>
  runs
    .flatMap(({ at, value }, id) => Array.from(at, (instant, i) => ({ id, instant, value: value[i] })))
    .filter(({ instant }) => instant >= from && instant <= to)
    .map(({ id, instant, value }) => `${id} ${instant} ${value}`)
    .toSorted()

const written = async (runs: readonly MetricRun[]) => {
  const memory = openObjectMemory()
  const bytes = memory.bytesOf(await memory.write(runs))
  return { bytes, footer: readFooter(bytes.subarray(-footerBytes(bytes))) }
}

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }).filter((text) => !text.includes('\0'))
const labels = fc.oneof(
  fc.constant('{}'),
  fc
    .tuple(name, fc.integer({ min: 0, max: 400 }))
    .map(([text, length]) => JSON.stringify({ a: text, b: 'ü'.repeat(length) })),
)
const value = fc.double({ noNaN: true, noDefaultInfinity: true }).map((v) => (v === 0 ? 0 : v))
const points = fc.uniqueArray(fc.tuple(fc.integer({ min: START, max: END }), value), {
  selector: ([at]) => at,
  minLength: 1,
  maxLength: 30,
})
const content = fc.uniqueArray(
  fc
    .record({ service: name, type: name, unit: fc.oneof(fc.constant(''), name), labels, points })
    .map(({ points: some, ...series }) => runOf(series, some)),
  { selector: keyOf, minLength: 1, maxLength: 8 },
)

describe('rows of an archive object', () => {
  it('are those of the wanted series and instants, to the bit, whatever the names', async () => {
    const instants = fc.tuple(fc.integer({ min: START, max: END }), fc.integer({ min: START, max: END }))
    await fc.assert(
      fc.asyncProperty(content, fc.nat(), instants, async (runs, chosen, [a, b]) => {
        const { bytes, footer } = await written(runs)
        expect(await readAll(bytes, footer, wantedOf(runs))).toEqual(expected(runs))
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        expect(await readAll(bytes, footer, wantedOf(runs, from, to))).toEqual(expected(runs, from, to))
        const one = [runs[chosen % runs.length] as MetricRun]
        expect(await readAll(bytes, footer, wantedOf(one, from, to))).toEqual(expected(one, from, to))
        expect(await readAll(bytes, footer, wantedOf([runOf({ service: 'none of them' }, [[START, 1]])]))).toEqual([])
      }),
      { numRuns: 40 },
    )
  })
})

describe('an object of several row groups', () => {
  const runs = ['a', 'b', 'c', 'd'].map((labelled, s) =>
    runOf(
      { labels: JSON.stringify({ host: labelled }) },
      Array.from({ length: 30_000 }, (_, i) => [START + i * 60_000_000 + s, (i * 7) % 1_000] as const),
    ),
  )
  let object: Awaited<ReturnType<typeof written>>
  beforeAll(async () => {
    object = await written(runs)
  })

  it('is read where the series can be, and nowhere else', async () => {
    const { footer, bytes } = object
    expect(footer.groups.map(({ rows }) => rows)).toEqual([50_000, 50_000, 20_000])
    const places = runs.map((run) => footer.groups.map((group) => mayHold(group, wantedOf([run]))))
    expect(places).toEqual([
      [true, false, false],
      [true, true, false],
      [false, true, false],
      [false, true, true],
    ])
    for (const run of runs) expect((await readAll(bytes, footer, wantedOf([run]))).length).toBe(30_000)
  })

  it('is read where the instants can be, and nowhere else', () => {
    const [, , last] = object.footer.groups
    if (!last) throw new Error('there is no third group')
    const all = wantedOf(runs)
    expect(mayHold(last, { ...all, from: last.newest })).toBe(true)
    expect(mayHold(last, { ...all, from: last.newest + 1 })).toBe(false)
    expect(mayHold(last, { ...all, to: last.oldest })).toBe(true)
    expect(mayHold(last, { ...all, to: last.oldest - 1 })).toBe(false)
  })

  it('of one series needs no names', () => {
    const [first, , last] = object.footer.groups
    expect([first?.shared, last?.shared]).toEqual([
      ['svc', 'temp', 'C', undefined],
      ['svc', 'temp', 'C', '{"host":"d"}'],
    ])
    expect(last && bytesNeeded(last, {}).start).toBe(last?.columns[4]?.start)
  })

  it('gives instants without values where only these are asked for', async () => {
    const wanted = { ...wantedOf(runs), instantsOnly: true }
    const [group] = object.footer.groups
    if (!group) throw new Error('there is no row group')
    const { start, end } = bytesNeeded(group, wanted)
    expect(end).toBe(group.columns[4]?.end)
    const found = await readRuns(group, { start, bytes: object.bytes.slice(start, end) }, wanted)
    expect(found.map(({ at, value }) => [at.length, value.length])).toEqual([
      [30_000, 0],
      [20_000, 0],
    ])
  })

  it('has its footer in what is read first', () => {
    expect(footerBytes(object.bytes)).toBeLessThanOrEqual(tailBytes(120_000))
  })
})

describe('what is no archive object', () => {
  const one = [
    runOf({}, [
      [START, 1],
      [START + 1, 2],
      [START + 2, 3],
    ]),
  ]

  it('has no footer that is taken for one', async () => {
    const { bytes } = await written(one)
    expect(() => footerBytes(new Uint8Array(7))).toThrow(DamagedArchive)
    expect(() => footerBytes(bytes.subarray(0, -1))).toThrow(DamagedArchive)
    expect(() => readFooter(bytes.subarray(-20))).toThrow(DamagedArchive)
    const renamed = Buffer.from(
      Buffer.from(bytes).toString('latin1').replaceAll('metric_type', 'metric_kind'),
      'latin1',
    )
    expect(() => readFooter(renamed)).toThrow('metric_kind')
  })

  it('is refused with any byte of its pages changed, or read as it was', async () => {
    const { bytes, footer } = await written(one)
    const [group] = footer.groups
    const end = group?.columns.at(-1)?.end ?? 0
    let refused = 0
    for (let at = group?.columns[4]?.start ?? 0; at < end; at++) {
      const changed = bytes.slice()
      changed[at] = (changed[at] ?? 0) ^ 16
      try {
        expect(await readAll(changed, footer, wantedOf(one))).toEqual(expected(one))
      } catch (error) {
        expect(error).toBeInstanceOf(DamagedArchive)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(20)
  })
})
