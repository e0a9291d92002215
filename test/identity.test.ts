// Two values that a sender distinguishes remain distinct here too, or the sender gets an error: in every protocol, and in files.
import { parseTimestamp } from '@penstock/shared/base/time.ts'
import { atOnce } from '@penstock/shared/base/unhurried.ts'
import { instantJudge, judgeEntries } from '@penstock/shared/points/verdicts.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketOf, databaseOf } from '../functions/metrics-ingest/protocols/influx-database.ts'
import { influxReply } from '../functions/metrics-ingest/protocols/influx-reply.ts'
import { decodeLines } from '../functions/metrics-ingest/protocols/line-protocol.ts'
import { decodeOtlpJson } from '../functions/metrics-ingest/protocols/otlp/json.ts'
import { decodeOtlpProtobuf } from '../functions/metrics-ingest/protocols/otlp/protobuf.ts'
import { decodeRemoteWrite } from '../functions/metrics-ingest/protocols/remote-write.ts'
import { ImportError } from '../scripts/data/import/import-error.ts'
import { readOptions } from '../scripts/data/import/options.ts'
import { readCsv } from '../scripts/data/import/rows/csv.ts'
import { planCsv } from '../scripts/data/import/rows/csv-plan.ts'
import { orderPoints } from '../scripts/data/import/rows/order.ts'
import { openZone } from '../scripts/data/import/rows/zone.ts'
import { createSeriesNamer } from '../scripts/data/import/series-names.ts'
import { decodeAtOnce, decodeContext, NOON_MS, pointsOf } from './support/protocols/decode-context.ts'
import { encodeOtlp } from './support/protocols/otlp-schema.ts'

/** The parts that identify a value, each in a form that the protocol's `write` understands. */
type Parts = Readonly<Record<string, unknown>>
type Found = Pick<ReturnType<typeof decodeAtOnce>, 'points' | 'rejections'>

/** Returns how many of two values are distinct in storage, and how often the sender gets an error. */
function apart({ points, rejections }: Found): { readonly points: number; readonly told: number } {
  const keys = points.map(({ service, type, unit, labels, at }) => JSON.stringify([service, type, unit, labels, at]))
  return { points: new Set(keys).size, told: rejections.length }
}

/** Two sets of parts that differ in one of them alone; parts that mean the same by the protocol's own rules are not generated. */
function twoThatDiffer(parts: Readonly<Record<string, fc.Arbitrary<unknown>>>) {
  return fc.constantFrom(...Object.keys(parts)).chain((name) => {
    const part = parts[name] as fc.Arbitrary<unknown>
    return fc.tuple(fc.record(parts), fc.tuple(part, part)).map(([base, [one, other]]) => ({
      name,
      first: { ...base, [name]: one } as Parts,
      second: { ...base, [name]: other } as Parts,
      differ: JSON.stringify(one) !== JSON.stringify(other),
    }))
  })
}

function holds(parts: Readonly<Record<string, fc.Arbitrary<unknown>>>, decode: (entries: readonly Parts[]) => Found) {
  fc.assert(
    fc.property(twoThatDiffer(parts), ({ first, second, differ }) => {
      fc.pre(differ)
      const { points, told } = apart(decode([first, second]))
      expect(points === 2 || told > 0).toBe(true)
    }),
    { numRuns: 1_000 },
  )
}

const word = fc.constantFrom('a', 'b', '1', '1.0', 'true', 'null', '["a"]', 'a=b', 'a,b', 'C:\\', 'C:\\\\', 'x y', 'ä')
const key = fc.constantFrom('k', 'le', 'name', 'scope.name', 'resource.k', 'otlp.type.k', 'attribute.k')
const nanos = fc.constantFrom('000000', '000001', '000999', '001000', '999999')

const attributeValue = fc.oneof(
  word.map((stringValue) => ({ stringValue })),
  fc.constantFrom('1', '2').map((intValue) => ({ intValue })),
  fc.constantFrom(1, 2, 1.5).map((doubleValue) => ({ doubleValue })),
  fc.boolean().map((boolValue) => ({ boolValue })),
  fc.constantFrom('YQ==', 'MQ==').map((bytesValue) => ({ bytesValue })),
  word.map((stringValue) => ({ arrayValue: { values: [{ stringValue }] } })),
  fc.constant({ arrayValue: { values: [{ intValue: '1' }] } }),
  fc.constant({ kvlistValue: { values: [{ key: 'a', value: { intValue: '1' } }] } }),
  fc.constant({}),
)
const attributes = fc.uniqueArray(fc.record({ key, value: attributeValue }), {
  selector: (pair) => pair.key,
  maxLength: 2,
})
const sorted = attributes.map((pairs) => pairs.toSorted((a, b) => (a.key < b.key ? -1 : 1)))
const point = fc.constantFrom(
  { gauge: {} },
  { sum: { isMonotonic: true } },
  { sum: { isMonotonic: false } },
  { sum: { isMonotonic: true, aggregationTemporality: 1 } },
  { sum: { isMonotonic: true, aggregationTemporality: 2 } },
)

const otlp = (entries: readonly Parts[]) => ({
  resourceMetrics: entries.map((parts) => {
    const [kind, data] = Object.entries(parts['kind'] as object)[0] as [string, object]
    const dataPoints = [
      { attributes: parts['own'], timeUnixNano: `${NOON_MS}${parts['nanos'] as string}`, asDouble: 1 },
    ]
    const metric = { name: parts['metric'], unit: parts['unit'], [kind]: { ...data, dataPoints } }
    const scope = { name: parts['scope'], version: parts['version'], attributes: parts['scoped'] }
    const service = { key: 'service.name', value: parts['service'] }
    const resource = { attributes: [service, ...(parts['resource'] as object[])] }
    return { resource, scopeMetrics: [{ scope, metrics: [metric] }] }
  }),
})
const otlpParts = {
  service: fc.oneof(
    word.map((stringValue) => ({ stringValue })),
    fc.constant({ intValue: '1' }),
    fc.constant({ doubleValue: 1 }),
  ),
  resource: sorted,
  scope: fc.constantFrom('', 'lib', 'lib.http'),
  version: fc.constantFrom('', '1.0', '2.0'),
  scoped: sorted,
  metric: fc.constantFrom('m', 'n'),
  unit: fc.constantFrom('1', 's'),
  kind: point,
  own: sorted,
  nanos,
}

const escaped = (text: unknown) => String(text).replace(/[,= ]/g, '\\$&')

describe('two values that differ in one identifying part alone are two points, or the sender is told', () => {
  it('of OTLP in JSON', () => {
    holds(otlpParts, (entries) =>
      decodeAtOnce(decodeOtlpJson(decodeContext(), Buffer.from(JSON.stringify(otlp(entries))))),
    )
  })

  it('of OTLP in Protocol Buffers', () => {
    holds(otlpParts, (entries) => decodeAtOnce(decodeOtlpProtobuf(decodeContext(), encodeOtlp(otlp(entries)))))
  })

  it('of OTLP, by the names of a metric’s parts', () => {
    const summary = { name: 's', summary: { dataPoints: [{ timeUnixNano: `${NOON_MS}000000`, count: '1', sum: 1 }] } }
    const gauge = { name: 's.count', gauge: { dataPoints: [{ timeUnixNano: `${NOON_MS}000000`, asDouble: 2 }] } }
    const histogram = (name: string) => ({
      name: 's',
      [name]: { aggregationTemporality: 2, dataPoints: [{ timeUnixNano: `${NOON_MS}000000`, count: '1' }] },
    })
    const metrics = [summary, gauge, histogram('histogram'), histogram('exponentialHistogram')]
    const request = { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }
    expect(apart(decodeAtOnce(decodeOtlpProtobuf(decodeContext(), encodeOtlp(request))))).toEqual({
      points: 5,
      told: 0,
    })
  })

  it('of line protocol, with the databases of its requests', () => {
    const parts = {
      db: fc.constantFrom('', 'x', 'y'),
      rp: fc.constantFrom('', 'x', 'y'),
      bucket: fc.constantFrom('', 'x', 'y'),
      measurement: word,
      tag: word,
      other: word,
      field: fc.constantFrom('v', 'w', 'a b'),
      nanos,
    }
    const line = ({ measurement, tag, other, field, nanos: end }: Parts) =>
      `${String(measurement).replace(/[, ]/g, '\\$&')},t=${escaped(tag)},u=${escaped(other)} ${escaped(field)}=1 ${NOON_MS}${end as string}`
    const database = ({ db, rp, bucket }: Parts) =>
      new Map([
        ...databaseOf({ db: String(db), rp: String(rp) }).labels,
        ...bucketOf({ bucket: String(bucket), bucket_label: 'bucket' }).labels,
      ])
    const one = (entries: readonly Parts[]): Found =>
      decodeAtOnce(
        decodeLines(decodeContext(), Buffer.from(entries.map(line).join('\n')), 'ns', {
          labels: database(entries[0] ?? {}),
        }),
      )
    holds(parts, (entries) => {
      const [first = {}, second = {}] = entries
      const isOne = JSON.stringify([...database(first)]) === JSON.stringify([...database(second)])
      if (isOne) return one(entries)
      const [a, b] = [one([first]), one([second])]
      return { points: [...a.points, ...b.points], rejections: [...a.rejections, ...b.rejections] }
    })
  })

  it('of line protocol by the bucket: with a label for it; without one the sender is told', () => {
    const send = (bucket: string, more: object) => {
      const { labels, ignored } = bucketOf({ bucket, ...more })
      const decoded = atOnce(decodeLines(decodeContext(), Buffer.from(`m v=1 ${NOON_MS}`), 'ms', { labels }))
      return { points: pointsOf(decoded.points), told: influxReply(decoded, ignored).headers }
    }
    const both = (more: object) => [send('a', more), send('b', more)]
    const found = (sent: ReturnType<typeof both>) =>
      apart({ points: sent.flatMap(({ points }) => points), rejections: [] })
    const labelled = both({ bucket_label: 'bucket' })
    expect([found(labelled).points, labelled.map(({ told }) => told)]).toEqual([2, [{}, {}]])
    const bare = both({})
    const header = { 'penstock-ignored': 'bucket' }
    expect([found(bare).points, bare.map(({ told }) => told)]).toEqual([1, [header, header]])
  })

  it('of remote write', () => {
    const field = (tag: number, content: Buffer) => Buffer.concat([Buffer.from([tag, content.length]), content])
    const text = (tag: number, value: unknown) => field(tag, Buffer.from(String(value)))
    const label = (name: string, value: unknown) => field(0x0a, Buffer.concat([text(0x0a, name), text(0x12, value)]))
    const varint = (value: number): number[] => {
      const bytes: number[] = []
      let left = BigInt(value)
      for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128)
      return [...bytes, Number(left)]
    }
    const series = ({ job, metric, instance, own, ms }: Parts) => {
      const sample = Buffer.concat([
        Buffer.from([0x09]),
        Buffer.alloc(8),
        Buffer.from([0x10, ...varint(NOON_MS + Number(ms))]),
      ])
      const labels = [label('__name__', metric), label('instance', instance), label('job', job), label('k', own)]
      return field(0x0a, Buffer.concat([...labels, field(0x12, sample)]))
    }
    const parts = { job: word, metric: fc.constantFrom('m', 'n'), instance: word, own: word, ms: fc.constantFrom(0, 1) }
    holds(parts, (entries) => decodeAtOnce(decodeRemoteWrite(decodeContext(), Buffer.concat(entries.map(series)))))
  })

  it('of our own JSON', () => {
    const value = fc.constantFrom<unknown>('1', 1, true, 'true', null, 'null', ['1'], [1], { a: 1 }, { a: '1' }, '')
    const parts = {
      service_name: fc.constantFrom('a', 'b'),
      metric_type: fc.constantFrom('a', 'b'),
      unit: fc.constantFrom('', '1', 'C'),
      metric_metadata: fc
        .dictionary(fc.constantFrom('a', 'b'), value, { maxKeys: 2 })
        .map((labels) => Object.fromEntries(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))),
      timestamp: fc.constantFrom('2026-11-20T12:00:00Z', '2026-11-20T12:00:00.000001Z', '2026-11-20T12:00:01Z'),
    }
    const { tenant, limits, now } = decodeContext()
    holds(parts, (entries) =>
      judgeEntries(
        entries.map((entry) => ({ ...entry, metric_value: 1 })),
        tenant,
        limits,
        now,
      ),
    )
  })
})

describe('two rows of a file that differ in one identifying cell alone', () => {
  const names = { id: 1, name: 't', seriesLimit: 1, ignoredLabels: [] }
  /** Returns how many points two rows become; `told` when the file or a row is refused, or values collided. */
  async function read(rows: readonly Parts[], header: readonly string[], args: readonly string[]) {
    const line = (cells: readonly unknown[]) => cells.map((cell) => `"${String(cell)}"`).join(',')
    const bytes = Buffer.from(
      `${[header, ...rows.map((row, i) => header.map((name) => row[name] ?? i))].map(line).join('\n')}\n`,
    )
    const { csv } = readOptions(['a.csv', '--service', 's', ...args], {})
    const source = { path: 'a.csv', name: 'a', size: bytes.length, gzip: false, format: 'csv', head: bytes } as const
    const nameSeries = createSeriesNamer(names, csv)
    const judgeInstant = instantJudge(
      { earliestYear: 2010, maxAheadHours: 24 },
      parseTimestamp('2026-11-20T12:00:00Z') ?? 0,
    )
    async function* blocks() {
      yield bytes
    }
    try {
      const plan = planCsv(source, csv, nameSeries)
      let [points, told] = [0, 0]
      for await (const chunk of readCsv(
        { plan, zone: openZone(csv.zone), judgeInstant, source, nameSeries },
        blocks(),
        { bytes: 0, lines: 0 },
      )) {
        const { places, conflicting } = orderPoints(chunk, [...chunk.series.keys()])
        points += places.length
        told += conflicting + chunk.tally.refused.length
      }
      return { points, told }
    } catch (error) {
      if (error instanceof ImportError) return { points: 0, told: 1 }
      throw error
    }
  }

  const dates = fc.constantFrom('2026-10-24', '2026-10-25')
  const clocks = fc.constantFrom('01:30', '02:00', '02:30', '18.00.00', '23:45', '24:00')
  it.each([
    ['a date and a time of day', { date: dates, time: clocks }, ['date', 'time', 'v'], []],
    [
      'a series that a column names',
      { time: fc.constantFrom('2026-10-25 02:00', '2026-10-25T02:00:01Z'), entity_id: word, who: word },
      ['time', 'entity_id', 'who', 'v'],
      ['--zone', 'Europe/Berlin'],
    ],
    ['numbers of sensors', { time: dates, sensor_id: fc.constantFrom('1', '2') }, ['time', 'sensor_id', 'v'], []],
    [
      'numbers that nobody would take for names',
      { time: dates, floor: fc.constantFrom('1', '2') },
      ['time', 'floor', 'v'],
      [],
    ],
  ])('are two points, or it is told: by %s', async (_, parts, header, args) => {
    await fc.assert(
      fc.asyncProperty(
        twoThatDiffer(parts as Record<string, fc.Arbitrary<unknown>>),
        async ({ first, second, differ }) => {
          fc.pre(differ)
          const { points, told } = await read([first, second], header, args)
          expect(points >= 2 || told > 0).toBe(true)
        },
      ),
      { numRuns: 150 },
    )
  })
})
