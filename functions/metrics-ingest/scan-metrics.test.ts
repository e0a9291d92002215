// A list of metrics is read from its bytes as it is when it is parsed, whatever the instance has read before.
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import {
  decodeContext,
  fuzzRounds,
  mutated,
  NOON_MS,
  pointsOf,
  randomFrom,
} from '../../test/support/protocols/decode-context.ts'
import { type JudgedMetrics, judgeMetrics } from './judge-metrics.ts'
import type { DecodeContext } from './protocols/collector.ts'
import { readBatch, scanMetrics } from './scan-metrics.ts'

const flat = ({ points, rejections }: JudgedMetrics) => ({ points: pointsOf(points), rejections })
const outcomeOf = async (work: () => Promise<JudgedMetrics>): Promise<unknown> => {
  try {
    return flat(await work())
  } catch (error) {
    return String(error)
  }
}
async function read(context: DecodeContext, body: Buffer): Promise<unknown> {
  return await outcomeOf(async () => {
    const { scan } = await readBatch(body, { echo: false })
    if (!scan) throw new Error('it is not scanned')
    return await scan(context)
  })
}
async function parsed(body: Buffer): Promise<unknown> {
  return await outcomeOf(async () => {
    const { entries } = await readBatch(body, { echo: true })
    return await judgeMetrics(decodeContext(), entries)
  })
}
async function expectEqual(bodies: readonly Buffer[]): Promise<void> {
  const warm = decodeContext()
  for (const body of bodies) expect(await read(warm, body)).toEqual(await parsed(body))
}

it('has at most 20,000 different names, whether it is parsed as a whole or not', async () => {
  const entry = (j: number) => ({
    service_name: 's',
    metric_type: 't',
    metric_value: 1,
    unit: '',
    metric_metadata: Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`${j * 1_000 + i}k`, ''])),
  })
  const body = Buffer.from(JSON.stringify(Array.from({ length: 100 }, (_, j) => entry(j))))
  const parsing = vi.spyOn(JSON, 'parse')
  expect(await read(decodeContext(), body)).toContain('at most 20000 different names')
  expect(parsing.mock.calls.length).toBeLessThan(30)
  parsing.mockRestore()
  await expectEqual([body])
})

const text = fc.constantFrom('a', 'b', 'ä', 'a"b', 'a\\b', '', 'x'.repeat(101), 'metric_value', 'timestamp')
const number = fc.oneof(
  fc.double({ noNaN: true, min: -1e160, max: 1e160 }).map((value) => JSON.stringify(value)),
  fc.constantFrom(
    '1',
    '-0',
    '0.1',
    '01',
    '1.',
    '.5',
    '1e3',
    '1E+2',
    '-',
    '"1"',
    'null',
    '[1]',
    '12345678901234567890',
    '0.30000000000000004',
    '1-2',
  ),
)
const stamp = fc.constantFrom(
  '"2026-11-20T12:00:00Z"',
  '"2026-11-20T12:00:00.123456789Z"',
  '"2026-11-20t12:00:00+02:00"',
  '"2026-11-20\\u005412:00:00Z"',
  '"2026-11-20T12:00:60Z"',
  '"2009-12-31T23:59:59Z"',
  '"2030-01-01T00:00:00Z"',
  '""',
  'null',
  '7',
)
const member = fc.oneof(
  { weight: 5, arbitrary: number.map((value) => `"metric_value": ${value}`) },
  { weight: 5, arbitrary: stamp.map((value) => `"timestamp":${value}`) },
  { weight: 5, arbitrary: text.map((value) => `"service_name":${JSON.stringify(value)}`) },
  { weight: 5, arbitrary: fc.constantFrom('t', 'u').map((value) => `"metric_type" : ${JSON.stringify(value)}`) },
  { weight: 5, arbitrary: fc.constant('"unit":"C"') },
  {
    weight: 5,
    arbitrary: text.map((value) => `"metric_metadata":{"timestamp":"x","metric_value":7,"k":${JSON.stringify(value)}}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '"metric\\u005fvalue":9',
      '"\\u0074imestamp":"2026-11-20T12:00:01Z"',
      '"other":[{"a":[]}]',
    ),
  },
)
const whole = fc
  .tuple(text, number, stamp, fc.boolean())
  .map(
    ([service, value, at, first]) =>
      `{"service_name":${JSON.stringify(service)},"metric_type":"t",${first ? `"metric_value":${value},"unit":"C","timestamp":${at}` : `"timestamp":${at},"unit":"C","metric_value":${value}`},"metric_metadata":{"k":1}}`,
  )
const entry = fc.oneof(
  { weight: 3, arbitrary: whole },
  { weight: 2, arbitrary: fc.array(member, { maxLength: 8 }).map((members) => `{${members.join(',')}}`) },
  { weight: 1, arbitrary: fc.constantFrom('{}', '{"a":1', '1', '"x"', 'null', '[]', '', '{"a":1}}') },
)
const body = fc
  .tuple(
    fc.array(fc.tuple(entry, fc.nat(2)), { maxLength: 6 }),
    fc.constantFrom(',', ', ', ',\n'),
    fc.constantFrom('[]', '[ ]', '{}', '[', '[]]', '\ufeff[]'),
  )
  .map(([entries, comma, around]) => {
    const [open, close] = [
      around.slice(0, around.indexOf(']') < 0 ? 1 : around.indexOf(']')),
      around.includes(']') ? around.slice(around.indexOf(']')) : '',
    ]
    return Buffer.from(`${open}${entries.flatMap(([one, times]) => Array(times + 1).fill(one)).join(comma)}${close}`)
  })

describe('a list of metrics', () => {
  it('is read as it is parsed, by an instance that has read others', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(body, { minLength: 1, maxLength: 4 }), async (bodies) => {
        await expectEqual([...bodies, ...bodies])
      }),
      { numRuns: 500 },
    )
  })

  it('is read as it is parsed when bytes of it were changed', async () => {
    const random = randomFrom(21)
    const list = Array.from({ length: 5 }, (_, i) => ({
      service_name: 'gw',
      metric_type: 't',
      metric_value: i + 0.25,
      unit: 'C',
      timestamp: new Date(NOON_MS + i).toISOString(),
      metric_metadata: { host: `h${i % 2}` },
    }))
    const seed = Buffer.from(JSON.stringify(list))
    await expectEqual([seed, seed, ...Array.from({ length: fuzzRounds }, () => mutated(seed, random))])
  })

  it('is parsed nowhere when its entries are known', async () => {
    const context = decodeContext()
    const list = (value: number) =>
      Buffer.from(
        `[{"service_name":"s","metric_type":"t","metric_value":${value},"unit":"","timestamp":"2026-11-20T12:00:00Z"}]`,
      )
    await read(context, list(1))
    const refusing = {
      ...context,
      memory: {
        ...context.memory,
        know: () => {
          throw new Error('it was parsed')
        },
      },
    }
    expect(await read(refusing, list(2))).toMatchObject({ points: [{ value: 2 }] })
  })

  it('of more entries or values than a batch may have is refused as when it is parsed', async () => {
    const one = '{"service_name":"s","metric_type":"t","metric_value":1,"unit":""}'
    const many = (count: number, entryText = one) => Buffer.from(`[${Array(count).fill(entryText).join(',')}]`)
    expect(await read(decodeContext(), many(10_000))).toMatchObject({ rejections: [] })
    expect(await read(decodeContext(), many(10_001))).toBe(await parsed(many(10_001)))
    const wide = `{"a":[${Array(11_000).fill('1').join(',')}]}`
    expect(await read(decodeContext(), many(100, wide))).toBe(await parsed(many(100, wide)))
  })

  it('ends a piece after a part of the body, however large it is', () => {
    const one = `{"service_name":"s","metric_type":"t","metric_value":1,"unit":"","metric_metadata":{"k":"${'x'.repeat(3_000)}"}}`
    const large = Buffer.from(`[${Array(9_000).fill(one).join(',')}]`)
    const work = scanMetrics(decodeContext(), large)
    let pieces = 0
    while (!work.next().done) pieces++
    expect(pieces).toBeGreaterThan(large.length / 64 / 1024)
  })
})
