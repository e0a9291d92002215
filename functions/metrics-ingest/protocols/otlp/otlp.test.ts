import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeAtOnce,
  decodeContext,
  fuzzRounds,
  mutated,
  NOON_MS,
  randomFrom,
  statusOf,
} from '../../../../test/support/protocols/decode-context.ts'
import { encodeOtlp, readOtlp } from '../../../../test/support/protocols/otlp-schema.ts'
import { decodeOtlpJson } from './json.ts'
import { decodeOtlpProtobuf } from './protobuf.ts'

const NOW = `${NOON_MS}000000`
const json = (request: unknown, tenant = {}) =>
  decodeAtOnce(decodeOtlpJson(decodeContext(tenant), Buffer.from(JSON.stringify(request))))
const protobufBytes = (bytes: Buffer) => decodeAtOnce(decodeOtlpProtobuf(decodeContext(), bytes))
const protobuf = (request: object) => decodeAtOnce(decodeOtlpProtobuf(decodeContext(), encodeOtlp(request)))

const of = (metric: object, resource: readonly object[] = []): object => ({
  resourceMetrics: [{ resource: { attributes: resource }, scopeMetrics: [{ scope: {}, metrics: [metric] }] }],
})
const gauge = (point: object, more: object = {}): object => ({
  name: 'm',
  gauge: { dataPoints: [{ timeUnixNano: NOW, ...point }] },
  ...more,
})
const text = (key: string, value: string): object => ({ key, value: { stringValue: value } })
type Found = ReturnType<typeof protobuf>
const series = ({ points }: Found) =>
  points.map(({ service, type, unit, labels, value }) => [service, type, unit, labels, value])

/** Both encodings of one request say the same. */
function both(request: object): Found {
  const decoded = protobuf(request)
  expect(json(request)).toEqual(decoded)
  return decoded
}

describe('a data point', () => {
  it('is a point of its metric, with its own attributes and those of its resource as labels', () => {
    const resource = [text('service.name', 'gw'), text('host', 'ä')]
    const decoded = both(of(gauge({ asDouble: 1.5, attributes: [text('room', 'b')] }, { unit: 'Cel' }), resource))
    expect(series(decoded)).toEqual([['gw', 'm', 'Cel', '{"resource.host":"ä","room":"b"}', 1.5]])
    expect(decoded.points[0]?.at).toBe(NOON_MS * 1000)
  })

  it('without a service or a unit is of unknown_service, in 1', () => {
    expect(series(both(of(gauge({ asDouble: -2 }))))).toEqual([['unknown_service', 'm', '1', '{}', -2]])
  })

  it.each([
    [{ boolValue: false }, 'false', 'bool'],
    [{ intValue: '9223372036854775807' }, '9223372036854775807', 'int'],
    [{ intValue: '-9223372036854775808' }, '-9223372036854775808', 'int'],
    [{ intValue: '1' }, '1', 'int'],
    [{ doubleValue: 1 }, '1', 'double'],
    [{ stringValue: '1' }, '1', undefined],
    [{ doubleValue: 1.5 }, '1.5', 'double'],
    [{ stringValue: 'true' }, 'true', undefined],
    [{ bytesValue: 'aGk=' }, 'aGk=', 'bytes'],
    [{ arrayValue: { values: [{ stringValue: 'a' }, { intValue: '2' }, {}] } }, '["a",2,null]', 'array'],
    [{ arrayValue: { values: [{ doubleValue: 2 }, { bytesValue: 'aGk=' }] } }, '[2.0,base64:"aGk="]', 'array'],
    [{ kvlistValue: { values: [{ key: 'a', value: { boolValue: true } }] } }, '{"a":true}', 'kvlist'],
    [{ stringValue: '' }, '', undefined],
    [{}, 'null', 'empty'],
  ])('has the attribute %j as the label %j, and a label that says %j', (value, label, type) => {
    const [point] = both(of(gauge({ asDouble: 1, attributes: [{ key: 'k', value }] }))).points
    expect(JSON.parse(point?.labels ?? '')).toEqual(
      type === undefined ? { k: label } : { k: label, 'otlp.type.k': type },
    )
  })

  it('has its scope as labels, as far as there is something to say of it', () => {
    const scoped = (scope: object) =>
      both({ resourceMetrics: [{ scopeMetrics: [{ scope, metrics: [gauge({ asDouble: 1 })] }] }] }).points[0]?.labels
    expect(scoped({ name: 'lib', version: '1.0', attributes: [text('a', 'b'), text('name', 'c')] })).toBe(
      '{"scope.a":"b","scope.attribute.name":"c","scope.name":"lib","scope.version":"1.0"}',
    )
    expect(scoped({ name: '', version: '' })).toBe('{}')
  })

  it('whose attributes are called as labels of something else keeps both', () => {
    const own = [text('resource.host', 'own'), text('otlp.monotonic', 'own'), text('scope.name', 'own')]
    expect(both(of(gauge({ asDouble: 1, attributes: own }), [text('host', 'of the resource')])).points[0]?.labels).toBe(
      '{"attribute.otlp.monotonic":"own","attribute.resource.host":"own","attribute.scope.name":"own","resource.host":"of the resource"}',
    )
  })

  it('with a key that comes twice keeps its values where they differ', () => {
    const labelsOf = (...values: string[]) =>
      both(of(gauge({ asDouble: 1, attributes: values.map((value) => text('k', value)) }))).points[0]?.labels
    expect(labelsOf('a', 'a')).toBe('{"k":"a"}')
    expect(JSON.parse(labelsOf('a', 'b') ?? '')).toEqual({ k: '["a","b"]', 'otlp.type.k': 'repeated' })
  })

  it('of a service whose name is no string keeps it apart from one that is', () => {
    const named = (value: object) => series(both(of(gauge({ asDouble: 1 }), [{ key: 'service.name', value }])))[0]
    expect(named({ stringValue: '1' })).toEqual(['1', 'm', '1', '{}', 1])
    expect(named({ intValue: '1' })).toEqual([
      '1',
      'm',
      '1',
      '{"otlp.type.resource.service.name":"int","resource.service.name":"1"}',
      1,
    ])
  })

  it('is refused where it would meet another one of its series in a microsecond, and replaces one of its nanosecond', () => {
    const points = (...stamps: string[]) => ({
      name: 'm',
      gauge: { dataPoints: stamps.map((end, i) => ({ timeUnixNano: `${NOON_MS}${end}`, asDouble: i })) },
    })
    const decoded = both(of(points('000001', '000002', '000001', '001000', '000999')))
    expect(decoded.points.map(({ value }) => value)).toEqual([0, 2, 3])
    expect(decoded.rejections.map(({ index }) => index)).toEqual([1, 4])
    expect(decoded.rejections[0]?.detail).toMatch(/^timestamp of "m" must not lie in the same microsecond/)
  })

  it.each(['9007199254740993', '-9007199254740993', '9223372036854775807', '-9223372036854775808', '0', '-1'])(
    'has the integer %s as the nearest double',
    (asInt) => {
      expect(both(of(gauge({ asInt }))).points[0]?.value).toBe(Number(asInt))
    },
  )

  it('has its nanoseconds cut to microseconds, and says no instant where they are 0', () => {
    expect(both(of(gauge({ asDouble: 1, timeUnixNano: '1795175999999999999' }))).points[0]?.at).toBe(
      1_795_175_999_999_999,
    )
    expect(both(of(gauge({ asDouble: 1, timeUnixNano: '0' }))).points[0]?.at).toBeNull()
  })

  it('that says that nothing was recorded is passed over', () => {
    expect(both(of(gauge({ asDouble: 1, flags: 1 })))).toEqual({ points: [], rejections: [], ignored: 1 })
  })

  it('keeps changes apart from sums, and counters from gauges', () => {
    const sum = (aggregationTemporality: number, isMonotonic: boolean): object =>
      of({ name: 'm', sum: { aggregationTemporality, isMonotonic, dataPoints: [{ timeUnixNano: NOW, asDouble: 1 }] } })
    const labels = [sum(1, false), sum(2, false), sum(2, true)].map((one) => both(one).points[0]?.labels)
    expect(labels).toEqual([
      '{"otlp.monotonic":"false","otlp.temporality":"delta"}',
      '{"otlp.monotonic":"false","otlp.temporality":"cumulative"}',
      '{"otlp.monotonic":"true","otlp.temporality":"cumulative"}',
    ])
  })

  it('loses no label that the tenant ignores, but those', () => {
    const request = of(gauge({ asDouble: 1, attributes: [{ key: 'request', value: { intValue: 7 } }, text('a', 'b')] }))
    expect(json(request, { ignoredLabels: ['request'] }).points[0]?.labels).toBe('{"a":"b"}')
  })
})

describe('a histogram', () => {
  const histogram = (point: object): object =>
    of({
      name: 'h',
      unit: 'ms',
      histogram: { aggregationTemporality: 2, dataPoints: [{ timeUnixNano: NOW, ...point }] },
    })

  it('is its count, sum, least and greatest, and its buckets, cumulative', () => {
    const point = { count: '6', sum: 9, min: 1, max: 4, explicitBounds: [0.5, 2], bucketCounts: ['1', '2', '3'] }
    const decoded = both(histogram(point))
    expect(
      decoded.points.map(({ type, labels, value }) => [type, (JSON.parse(labels) as { le?: string }).le, value]),
    ).toEqual([
      ['h.count', undefined, 6],
      ['h.sum', undefined, 9],
      ['h.min', undefined, 1],
      ['h.max', undefined, 4],
      ['h.bucket', '0.5', 1],
      ['h.bucket', '2', 3],
      ['h.bucket', '+Inf', 6],
    ])
  })

  it.each([
    ['too few counts', { explicitBounds: [1, 2], bucketCounts: ['1', '1'] }],
    ['bounds that do not rise', { explicitBounds: [2, 2], bucketCounts: ['1', '1', '1'] }],
    ['a bound that is not a number', { explicitBounds: ['NaN'], bucketCounts: ['1', '1'] }],
    ['an infinite bound that is not the last', { explicitBounds: ['-Infinity', 1], bucketCounts: ['0', '1', '1'] }],
    ['too many counts for an infinite bound', { explicitBounds: [1, 'Infinity'], bucketCounts: ['1', '1', '0', '0'] }],
  ])('with %s is refused, and nothing of it is left', (_, buckets) => {
    const decoded = both(histogram({ count: '2', sum: 1, ...buckets }))
    expect(decoded.points).toEqual([])
    expect(decoded.rejections).toMatchObject([
      { index: 0, code: 'invalid', detail: expect.stringContaining('buckets') },
    ])
  })

  it.each([
    ['its count above it', ['5', '2', '3', '1']],
    ['no count above it', ['5', '2', '4']],
  ])('may have a last bound of infinity with %s', (_, bucketCounts) => {
    const { points, rejections } = both(histogram({ count: '11', explicitBounds: [1, 2, 'Infinity'], bucketCounts }))
    expect(rejections).toEqual([])
    expect(points.map(({ labels, value }) => [(JSON.parse(labels) as { le?: string }).le, value])).toEqual([
      [undefined, 11],
      ['1', 5],
      ['2', 7],
      ['+Inf', 11],
    ])
  })

  it('whose sum, least or greatest value is no number keeps the rest', () => {
    const { points, rejections, ignored } = both(histogram({ count: '2', sum: 'NaN', min: '-Infinity', max: 3 }))
    expect([points.map(({ type }) => type), rejections, ignored]).toEqual([['h.count', 'h.max'], [], 2])
  })

  it.each([
    ['its sum', { count: '2', sum: 2e150, min: 1 }],
    ['a label', { count: '2', attributes: [text('a', 'x'.repeat(4_090))] }],
    [
      'the label of a bucket',
      { count: '2', explicitBounds: [1], bucketCounts: ['1', '1'], attributes: [text('a', 'x'.repeat(4_050))] },
    ],
  ])('of which %s breaks a rule is refused once, and nothing of it is left', (_, point) => {
    const { points, rejections } = both(histogram(point))
    expect([points, rejections.length]).toEqual([[], 1])
  })

  it('with exponential buckets is its count, sum, least and greatest', () => {
    const dataPoints = [
      {
        timeUnixNano: NOW,
        count: '3',
        sum: 6,
        min: 1,
        max: 3,
        scale: -2,
        positive: { offset: 1, bucketCounts: ['3'] },
      },
    ]
    const decoded = both(of({ name: 'e', exponentialHistogram: { aggregationTemporality: 1, dataPoints } }))
    expect(series(decoded).map(([, type, , , value]) => [type, value])).toEqual([
      ['e.count', 3],
      ['e.sum', 6],
      ['e.min', 1],
      ['e.max', 3],
    ])
  })
})

it('a summary is its count, its sum and its quantiles', () => {
  const dataPoints = [{ timeUnixNano: NOW, count: '4', sum: 8, quantileValues: [{ quantile: 0.5, value: 2 }] }]
  expect(series(both(of({ name: 's', summary: { dataPoints } })))).toEqual([
    ['unknown_service', 's.count', '1', '{"otlp.kind":"summary"}', 4],
    ['unknown_service', 's.sum', '1', '{"otlp.kind":"summary"}', 8],
    ['unknown_service', 's.quantile', '1', '{"otlp.kind":"summary","quantile":"0.5"}', 2],
  ])
})

it('each of 90,000 data points has its own attributes, though the hashes of some are equal', () => {
  const dataPoints = Array.from({ length: 90_000 }, (_, i) => ({
    timeUnixNano: NOW,
    asDouble: i,
    attributes: [text('id', `n${10_000_000 + i * 977}`)],
  }))
  const { points } = protobuf(of({ name: 'm', gauge: { dataPoints } }))
  expect(points.every(({ labels, value }) => labels === `{"id":"n${10_000_000 + value * 977}"}`)).toBe(true)
})

describe('what breaks a rule', () => {
  it.each([
    ['no value', gauge({}), 'value of "m" is missing'],
    ['a value that is not finite', gauge({ asDouble: 'NaN' }), 'must be a finite number'],
    ['a value beyond 1e150', gauge({ asDouble: 1.1e150 }), 'must be from -1e150 to 1e150'],
    ['no name', gauge({ asDouble: 1 }, { name: '' }), 'metric name must not be empty'],
    ['a name of 201', gauge({ asDouble: 1 }, { name: 'x'.repeat(201) }), 'at most 200'],
    ['a unit of 201', gauge({ asDouble: 1 }, { unit: 'x'.repeat(201) }), 'at most 200'],
    ['NUL in a label', gauge({ asDouble: 1, attributes: [text('a', '\0')] }), 'must not contain NUL'],
    ['labels over 4 KiB', gauge({ asDouble: 1, attributes: [text('a', 'x'.repeat(4_090))] }), 'at most 4096 bytes'],
    ['an instant two days ahead', gauge({ asDouble: 1, timeUnixNano: '1795348800000000000' }), '24 hours ahead'],
    ['an instant of 2009', gauge({ asDouble: 1, timeUnixNano: '1262303999000000000' }), 'must not be before 2010'],
  ])('is refused by itself: %s', (_, metric, detail) => {
    const { points, rejections } = both({
      resourceMetrics: [of(metric), of(gauge({ asDouble: 7 }))].flatMap(
        (one) => (one as { resourceMetrics: object[] }).resourceMetrics,
      ),
    })
    expect(points.map(({ index, value }) => [index, value])).toEqual([[1, 7]])
    expect(rejections).toMatchObject([{ index: 0, detail: expect.stringContaining(detail) }])
  })

  it('is not a name of 200, labels of 4 KiB, a value of 1e150', () => {
    const metric = gauge({ asDouble: 1e150, attributes: [text('a', 'x'.repeat(4_088))] }, { name: 'x'.repeat(200) })
    expect(both(of(metric)).points).toHaveLength(1)
  })

  it('is an attribute of more than sixteen levels, and no other', () => {
    const nested = (levels: number): object =>
      levels === 0 ? { stringValue: 'x' } : { arrayValue: { values: [nested(levels - 1)] } }
    const decode = (levels: number) =>
      both(of(gauge({ asDouble: 1, attributes: [{ key: 'a', value: nested(levels) }] })))
    expect(decode(15).points).toHaveLength(1)
    expect(decode(16).rejections).toMatchObject([{ detail: expect.stringContaining('at most 16 levels') }])
  })

  it('is no attribute of a resource: one that is too long is left out, of however many points', () => {
    const resource = [text('big', 'x'.repeat(1_000_000)), text('host', 'h1')]
    const dataPoints = Array.from({ length: 20_000 }, () => ({ timeUnixNano: NOW, asDouble: 1 }))
    const begun = performance.now()
    const { points, rejections, leftOut } = protobuf(of({ name: 'm', gauge: { dataPoints } }, resource))
    expect([points.length, rejections.length, leftOut]).toEqual([20_000, 0, ['resource.big']])
    expect(points[0]?.labels).toBe('{"resource.host":"h1"}')
    expect(performance.now() - begun).toBeLessThan(3_000)
  })

  it('leaves out the longest attributes of a resource until all labels fit, and none more', () => {
    const many = Array.from({ length: 28 }, (_, i) => text(`a${i}`, 'x'.repeat(i < 2 ? 1_000 : 40)))
    const only = both(of(gauge({ asDouble: 1 }), many))
    expect(only.leftOut).toEqual(['resource.a0'])
    const own = both(of(gauge({ asDouble: 1, attributes: [text('own', 'y'.repeat(2_000))] }), many))
    expect(own.leftOut).toEqual(['resource.a0', 'resource.a1'])
    expect(own.points).toHaveLength(1)
    const refused = both(of(gauge({ asDouble: 1, attributes: [text('own', 'y'.repeat(4_090))] }), many.slice(2, 4)))
    expect([refused.points.length, refused.leftOut]).toEqual([0, undefined])
    expect(refused.rejections[0]?.detail).toMatch(/must have at most 4096 bytes, not \d+; the longest is "own"/)
  })

  it('leaves out an attribute of a resource with the label of its type, never one of the two', () => {
    const list = (bytes: number) => ({
      key: 'args',
      value: { arrayValue: { values: [{ stringValue: 'x'.repeat(bytes) }] } },
    })
    const long = both(of(gauge({ asDouble: 1 }), [list(5_000), text('host', 'h1')]))
    expect([long.points[0]?.labels, long.leftOut]).toEqual(['{"resource.host":"h1"}', ['resource.args']])
    const pid = { key: 'pid', value: { intValue: '1' } }
    // Without the type of `pid`, the rest would fit.
    const tight = [pid, text('host', 'x'.repeat(3_072 - 60))]
    const { points, leftOut } = both(of(gauge({ asDouble: 1 }), tight))
    expect([points[0]?.labels, leftOut]).toEqual([
      '{"otlp.type.resource.pid":"int","resource.pid":"1"}',
      ['resource.host'],
    ])
  })

  it('is no attribute of a scope, since scopes are told apart by theirs', () => {
    const scope = { name: 'lib', attributes: [text('big', 'x'.repeat(5_000))] }
    const decoded = both({ resourceMetrics: [{ scopeMetrics: [{ scope, metrics: [gauge({ asDouble: 1 })] }] }] })
    expect([decoded.points, decoded.leftOut]).toEqual([[], undefined])
    expect(decoded.rejections[0]?.detail).toContain('the longest is "scope.big"')
  })

  it('leaves out an attribute of a resource that no label can hold', () => {
    const decoded = both(of(gauge({ asDouble: 1 }), [text('nul', 'a\0b'), text('host', 'h1')]))
    expect([decoded.points.length, decoded.leftOut]).toEqual([1, ['resource.nul']])
  })

  it('is no label that the tenant ignores, however long it is', () => {
    const context = decodeContext({ ignoredLabels: ['resource.big', 'own'] })
    const long = 'x'.repeat(5_000)
    const request = of(gauge({ asDouble: 1, attributes: [text('own', long)] }), [text('big', long), text('host', 'h1')])
    const { points, leftOut } = decodeAtOnce(decodeOtlpProtobuf(context, encodeOtlp(request)))
    expect([points[0]?.labels, leftOut]).toEqual(['{"resource.host":"h1"}', undefined])
  })
})

describe('a request', () => {
  it('may hold 100,000 values and no more', () => {
    const request = (count: number) =>
      encodeOtlp(of({ name: 'm', gauge: { dataPoints: Array.from({ length: count }, () => ({ flags: 1 })) } }))
    expect(statusOf(() => decodeAtOnce(decodeOtlpProtobuf(decodeContext(), request(100_000))))).toBe(200)
    expect(statusOf(() => decodeAtOnce(decodeOtlpProtobuf(decodeContext(), request(100_001))))).toBe(413)
  })

  it.each([
    ['a JSON text', '"x"'],
    ['broken JSON', '{"resourceMetrics":'],
    ['text for a list', '{"resourceMetrics":"x"}'],
    ['a list of text', '{"resourceMetrics":["x"]}'],
    ['a number for a name', '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":1}]}]}]}'],
    ['an instant that is none', JSON.stringify(of(gauge({ asDouble: 1, timeUnixNano: 'yesterday' })))],
    ['a value that is none', JSON.stringify(of(gauge({ asDouble: 'constructor' })))],
  ])('is refused as a whole when it is %s', (_, body) => {
    expect(statusOf(() => decodeAtOnce(decodeOtlpJson(decodeContext(), Buffer.from(body))))).toBe(400)
  })

  it.each([
    ['a varint without an end', 'ffffffffffffffffffffff'],
    ['a field without a number', '00'],
    ['a field that is longer than the rest', '0a05'],
    ['a wire type that there is not', '0f'],
    ['a group that does not end', '0b'],
    ['a group that has not begun', '0c'],
    ['text that is not valid UTF-8', '0a0912071205 0a03 ff4142'.replaceAll(' ', '')],
  ])('is refused as a whole when it has %s', (_, hex) => {
    expect(statusOf(() => decodeAtOnce(decodeOtlpProtobuf(decodeContext(), Buffer.from(hex, 'hex'))))).toBe(400)
  })

  it('may hold fields that are not known, groups among them', () => {
    const known = encodeOtlp(of(gauge({ asDouble: 1 })))
    const unknown = Buffer.from(
      'f807 05 fa0702 6869 f90700000000 00000000 fd0700000000 7b 0805 7b 7c 7c'.replaceAll(' ', ''),
      'hex',
    )
    expect(
      decodeAtOnce(decodeOtlpProtobuf(decodeContext(), Buffer.concat([unknown, known, unknown]))).points,
    ).toHaveLength(1)
  })
})

const label = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('service.name', 'host', 'ä', '__proto__'))
const { value } = fc.letrec<{ value: object }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.record({ stringValue: fc.string({ unit: 'binary', maxLength: 8 }) }),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({ intValue: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String) }),
    fc.record({ doubleValue: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
    fc.record({ arrayValue: fc.record({ values: fc.array(tie('value'), { maxLength: 3 }) }) }),
    fc.record({
      kvlistValue: fc.record({ values: fc.array(fc.record({ key: label, value: tie('value') }), { maxLength: 3 }) }),
    }),
  ),
}))
const attributes = fc.array(fc.record({ key: label, value }), { maxLength: 4 })
const common = {
  attributes,
  timeUnixNano: fc.bigInt({ min: 0n, max: 2n ** 62n }).map(String),
  flags: fc.constantFrom(0, 0, 1),
}
const integer = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String)
const double = fc.double({ noNaN: true, noDefaultInfinity: true })
const number = fc.oneof(
  fc.record({ ...common, asDouble: double }),
  fc.record({ ...common, asInt: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String) }),
)
const statistics = { count: integer, sum: double, min: double, max: double }
const bounded = fc.record({
  ...common,
  ...statistics,
  bucketCounts: fc.array(integer, { maxLength: 4 }),
  explicitBounds: fc.array(double, { maxLength: 3 }),
})
const summary = fc.record({
  ...common,
  count: integer,
  sum: double,
  quantileValues: fc.array(fc.record({ quantile: double, value: double }), { maxLength: 2 }),
})
const points = <T>(one: fc.Arbitrary<T>) => ({ dataPoints: fc.array(one, { maxLength: 3 }) })
const aggregationTemporality = fc.nat({ max: 2 })
const data = fc.oneof(
  fc.record({ gauge: fc.record(points(number)) }),
  fc.record({ sum: fc.record({ ...points(number), aggregationTemporality, isMonotonic: fc.boolean() }) }),
  fc.record({ histogram: fc.record({ ...points(bounded), aggregationTemporality }) }),
  fc.record({
    exponentialHistogram: fc.record({
      ...points(fc.record({ ...common, ...statistics, scale: fc.integer({ min: -10, max: 20 }) })),
      aggregationTemporality,
    }),
  }),
  fc.record({ summary: fc.record(points(summary)) }),
)
const metric = fc.tuple(fc.record({ name: label, unit: label }), data).map(([head, kind]) => ({ ...head, ...kind }))
const request = fc.record({
  resourceMetrics: fc.array(
    fc.record({
      resource: fc.record({ attributes }),
      scopeMetrics: fc.array(fc.record({ metrics: fc.array(metric, { maxLength: 3 }) }), { maxLength: 2 }),
    }),
    { maxLength: 2 },
  ),
})

it('random requests are read as a generated decoder reads them', () => {
  fc.assert(
    fc.property(request, (one) => {
      const bytes = encodeOtlp(one)
      expect(protobufBytes(bytes)).toEqual(decodeAtOnce(decodeOtlpJson(decodeContext(), readOtlp(bytes))))
    }),
    { numRuns: 300 },
  )
})

it('mutated requests are decoded or refused, never more', () => {
  const seeds = fc.sample(request, { numRuns: 50, seed: 1 })
  const random = randomFrom(7)
  for (let round = 0; round < fuzzRounds; round++) {
    const seed = seeds[round % seeds.length] ?? {}
    const bytes = mutated(encodeOtlp(seed), random)
    expect([200, 400, 413]).toContain(statusOf(() => protobufBytes(bytes)))
    const body = mutated(Buffer.from(JSON.stringify(seed)), random)
    expect([200, 400, 413]).toContain(statusOf(() => decodeAtOnce(decodeOtlpJson(decodeContext(), body))))
  }
})
