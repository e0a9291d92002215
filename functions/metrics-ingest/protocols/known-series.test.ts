// An instance reads a body in the same way as an instance that has read nothing before.
import { createSeriesMemories } from '@penstock/shared/points/series-memory.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeAtOnce,
  decodeContext,
  fuzzRounds,
  mutated,
  NOON_MS,
  randomFrom,
} from '../../../test/support/protocols/decode-context.ts'
import type { DecodeContext } from './collector.ts'
import { decodeLines } from './line-protocol.ts'
import type { Precision } from './line-values.ts'
import { decodeRemoteWrite } from './remote-write.ts'

type Decode = (context: DecodeContext, body: Buffer) => unknown

const lines =
  (precision: Precision): Decode =>
  (context, body) =>
    decodeAtOnce(decodeLines(context, body, precision))
const remoteWrite: Decode = (context, body) => decodeAtOnce(decodeRemoteWrite(context, body))

/** Returns the result of decoding, or the text of the error that it throws. */
function outcomeOf(decode: Decode, context: DecodeContext, body: Buffer): unknown {
  try {
    return decode(context, body)
  } catch (error) {
    return String(error)
  }
}

function expectEqual(decode: Decode, bodies: readonly Buffer[]): void {
  const warm = decodeContext()
  for (const body of bodies) expect(outcomeOf(decode, warm, body)).toEqual(outcomeOf(decode, decodeContext(), body))
}

const name = fc.constantFrom('a', 'b', 'cpu', 'a\\ b', 'a\\,b', 'a\\=b', 'ä', 'a\\\\')
const value = fc.oneof(
  fc.double({ noNaN: true, min: -1e160, max: 1e160 }).map(String),
  fc.constantFrom('1', '-0', '0.1', '1.', '.5', '1e3', '5i', '-5i', '1.5i', '7u', 't', 'False', '"s"', '"a b', '+1'),
  fc.constantFrom(
    '123456789012345',
    '1234567890123456',
    '0.30000000000000004',
    '9223372036854775807i',
    '',
    '1x',
    '00012',
  ),
)
const stamp = fc
  .constantFrom('', '0', '1', '12', '123', '-1', '1795175999999999999', 'x', '1 2')
  .chain((odd) =>
    fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 0, max: 5 }).map((n) => `${NOON_MS}00000${n}`) },
      fc.constant(odd),
    ),
  )
const line = fc
  .tuple(
    name,
    fc.array(fc.tuple(name, name), { maxLength: 2 }),
    fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 3 }),
    stamp,
  )
  .map(([measurement, tags, fields, at]) => {
    const tagged = tags.map(([key, text]) => `,${key}=${text}`).join('')
    return `${measurement}${tagged} ${fields.map(([key, text]) => `${key}=${text}`).join(',')}${at === '' ? '' : ` ${at}`}`
  })
const body = fc
  .array(fc.tuple(line, fc.constantFrom('\n', '\n', '\n', '\r\n', '\n\n', '\n# c\n', '\n '), fc.nat(2)), {
    maxLength: 12,
  })
  .map((parts) => Buffer.from(parts.map(([text, end, times]) => `${text}${end}`.repeat(times + 1)).join('')))

describe('an instance that has read other bodies reads', () => {
  it.each(['ns', 'us', 'ms', 's'] as const)('lines in %s as one that has not', (precision) => {
    fc.assert(
      fc.property(fc.array(body, { minLength: 2, maxLength: 4 }), (bodies) => {
        expectEqual(lines(precision), [...bodies, ...bodies])
      }),
      { numRuns: 300 },
    )
  })

  it('mutated lines as one that has not', () => {
    const random = randomFrom(11)
    const seed = Buffer.from(
      Array.from({ length: 6 }, (_, i) => `cpu,host=h${i % 3},r=a\\ b u=${i}.25,s=${i}i ${NOON_MS}00000${i}\n`).join(
        '',
      ),
    )
    expectEqual(lines('ns'), [seed, ...Array.from({ length: fuzzRounds }, () => mutated(seed, random))])
  })

  it('remote write, mutated, as one that has not', () => {
    const random = randomFrom(12)
    const seed = Buffer.concat(Array.from({ length: 9 }, (_, i) => timeSeries(`h${i % 3}`, i)))
    expectEqual(remoteWrite, [seed, seed, ...Array.from({ length: fuzzRounds }, () => mutated(seed, random))])
  })
})

function timeSeries(host: string, i: number): Buffer {
  const field = (tag: number, content: Buffer) => Buffer.concat([Buffer.from([tag, content.length]), content])
  const label = (key: string, text: string) =>
    field(0x0a, Buffer.concat([field(0x0a, Buffer.from(key)), field(0x12, Buffer.from(text))]))
  const number = Buffer.alloc(8)
  number.writeDoubleLE(i / 3)
  const sample = Buffer.concat([Buffer.from([0x09]), number, Buffer.from([0x10]), varint(NOON_MS + i)])
  return field(0x0a, Buffer.concat([label('__name__', 'up'), label('host', host), field(0x12, sample)]))
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let left = BigInt(value)
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128)
  return Buffer.from([...bytes, Number(left)])
}

describe('the bytes of a line mean another series', () => {
  const series = (context: DecodeContext, labels: ReadonlyMap<string, string>) =>
    decodeAtOnce(decodeLines(context, Buffer.from('m,request=1 v=1\n'.repeat(2)), 'ms', { labels })).points[0]?.labels
  const none = new Map<string, string>()

  it('in another database', () => {
    const context = decodeContext()
    expect(series(context, none)).toBe('{"request":"1"}')
    expect(series(context, new Map([['db', 'x']]))).toBe('{"db":"x","request":"1"}')
  })

  it('when the tenant ignores another label', () => {
    const context = decodeContext()
    expect(series(context, none)).toBe('{"request":"1"}')
    expect(series({ ...context, tenant: { ...context.tenant, ignoredLabels: ['request'] } }, none)).toBe('{}')
  })

  it('when the memory has forgotten it meanwhile', () => {
    const memories = createSeriesMemories(200_000)
    const context = { ...decodeContext(), memory: memories.of(1) }
    for (let i = 0; i < 3_000; i++) {
      const text = `m,request=${i},other=${'x'.repeat(1 + (i % 50))} v=${i}\n`
      const { points } = decodeAtOnce(decodeLines(context, Buffer.from(text), 'ms'))
      expect(points[0]).toMatchObject({
        value: i,
        labels: JSON.stringify({ other: 'x'.repeat(1 + (i % 50)), request: String(i) }),
      })
    }
  })
})
