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
} from '../../../test/support/protocols/decode-context.ts'
import { decodeLines } from './line-protocol.ts'
import type { Precision } from './line-values.ts'

const decode = (body: string | Buffer, precision: Precision = 'ms') =>
  decodeAtOnce(decodeLines(decodeContext(), Buffer.from(body), precision))
const found = (body: string | Buffer, precision?: Precision) =>
  decode(body, precision).points.map(({ service, type, labels, value }) => [service, type, labels, value])
const reasons = (body: string | Buffer) => decode(body).rejections.map(({ index, detail }) => [index, detail])

describe('a line', () => {
  it('is a point for each field, of one series by its tags, at one instant', () => {
    const { points } = decode(`cpu,host=a,zone=b idle=1.5,used=2i ${NOON_MS}`)
    expect(points).toEqual([
      {
        index: 0,
        service: 'cpu',
        type: 'idle',
        unit: '1',
        labels: '{"host":"a","zone":"b"}',
        at: NOON_MS * 1000,
        value: 1.5,
      },
      {
        index: 0,
        service: 'cpu',
        type: 'used',
        unit: '1',
        labels: '{"host":"a","zone":"b"}',
        at: NOON_MS * 1000,
        value: 2,
      },
    ])
  })

  it.each<[string, number]>([
    ['1', 1],
    ['-1.5', -1.5],
    ['+2', 2],
    ['.5', 0.5],
    ['5.', 5],
    ['1e-7', 1e-7],
    ['1E+3', 1000],
    ['-7i', -7],
    ['+7i', 7],
    ['9007199254740993i', 9_007_199_254_740_992],
    ['9223372036854775807i', 2 ** 63],
    ['-9223372036854775808i', -(2 ** 63)],
    ['18446744073709551615u', 2 ** 64],
    ...['t', 'T', 'true', 'True', 'TRUE'].map((text): [string, number] => [text, 1]),
    ...['f', 'F', 'false', 'False', 'FALSE'].map((text): [string, number] => [text, 0]),
  ])('may have the value %s', (text, value) => {
    expect(found(`m v=${text}`)).toEqual([['m', 'v', '{}', value]])
  })

  it.each([
    '9223372036854775808i',
    '-9223372036854775809i',
    '18446744073709551616u',
    '-1u',
    '1.5i',
    'NaN',
    'inf',
    '0x1',
    '1e',
    'tRUE',
    '"',
    '1_0',
  ])('may not have the value %s', (text) => {
    expect(decode(`m v=${text}`)).toMatchObject({ points: [], rejections: [{ index: 0 }], parsed: 0 })
  })

  it.each([
    ['ns', `${NOON_MS}123999`],
    ['n', `${NOON_MS}123999`],
    ['us', `${NOON_MS}123`],
    ['u', `${NOON_MS}123`],
  ] as const)('may have its instant in %s', (precision, text) => {
    expect(decode(`m v=1 ${text}`, precision).points[0]?.at).toBe(NOON_MS * 1000 + 123)
  })

  it.each([
    ['ms', 1],
    ['s', 1_000],
    ['m', 60_000],
    ['h', 3_600_000],
  ] as const)('may have its instant in %s', (precision, ms) => {
    expect(decode(`m v=1 ${NOON_MS / ms}`, precision).points[0]?.at).toBe(NOON_MS * 1000)
  })

  it('may have no instant of its own', () => {
    const { points } = decode('m a=1,b=2\nm a=3')
    expect(points.map(({ at, index }) => [at, index])).toEqual([
      [null, 0],
      [null, 0],
      [null, 1],
    ])
  })

  it('has escapes where they mean something, and backslashes everywhere else', () => {
    expect(found(String.raw`a\ b\,c\=\d,k\=\ \,x=C:\dir\ \=\\y f\ \,\=g=1`)).toEqual([
      [String.raw`a b,c\=\d`, 'f ,=g', JSON.stringify({ 'k= ,x': String.raw`C:\dir =\\y` }), 1],
    ])
  })

  it('has the labels of its request where it has no tag of the name', () => {
    const labels = new Map([
      ['db', 'x'],
      ['rp', 'y'],
    ])
    const { points } = decodeAtOnce(decodeLines(decodeContext(), Buffer.from('m v=1\nm,db=own v=2'), 'ms', { labels }))
    expect(points.map((point) => point.labels)).toEqual(['{"db":"x","rp":"y"}', '{"db":"own","rp":"y"}'])
  })

  it('of nothing but strings is passed over where another line gives the same point a number', () => {
    const at = NOON_MS
    const body = `m,t=1 s="a",u="b" ${at}\nm,t=1 v=1 ${at}\nm,t=2 s="c" ${at}\nm,t=1 s="d" ${at + 1}\nm,t=1 s="e"`
    const { points, ignored, rejections } = decode(body)
    expect([points.length, ignored, rejections.map(({ index }) => index)]).toEqual([1, 2, [2, 3, 4]])
  })

  it('may follow a byte order mark, and so may any other', () => {
    expect(found('\ufeffm v=1\n\ufeff# c\n\ufeffm v=2')).toHaveLength(2)
  })

  it.each([
    ['000001', '000002'],
    ['000000', '000999'],
  ])('is refused where it would meet an earlier one of its series in a microsecond: %s, %s', (one, other) => {
    const body = `m v=1 ${NOON_MS}${one}\nm w=2 ${NOON_MS}${other}\nm v=3 ${NOON_MS}${other}\nm v=4 ${NOON_MS}${one}`
    const { points, rejections } = decode(body, 'ns')
    expect(points.map(({ value }) => value)).toEqual([1, 2, 4])
    expect(rejections.map(({ index, detail }) => [index, detail])).toEqual([
      [2, expect.stringMatching(/^timestamp of "v" must not lie in the same microsecond/)],
    ])
  })

  it('has tag values that end in a backslash, which swallow no other tag', () => {
    expect(found(String.raw`m,p=C:\dir\,site=K,t=1 v=1`)).toEqual([
      ['m', 'v', JSON.stringify({ p: String.raw`C:\dir` + '\\', site: 'K', t: '1' }), 1],
    ])
  })

  it('swallows no other by a string that ends in a backslash', () => {
    const { points, rejections } = decode('m s="C:\\",v=1\nm s="x",v=2\nm v=3')
    expect([points.map(({ value }) => value), rejections.map(({ index }) => index)]).toEqual([[2, 3], [0]])
  })

  it('has its strings passed over, whatever they hold, beside what is none', () => {
    const { points, ignored, rejections } = decode('m s="a \\"b\\", c=1\nd\\\\",v=2,t="" 1795176000000\nm v=3')
    expect([points.map(({ index, value }) => [index, value]), ignored, rejections]).toEqual([
      [
        [0, 2],
        [2, 3],
      ],
      2,
      [],
    ])
  })

  it('may end as it likes, and stand between comments and blanks', () => {
    expect(found(`# c\r\n\n  m v=1 ${NOON_MS} \r\n \n   # d v=9\nm v=2\r\nm v=3\r`).map((point) => point[3])).toEqual([
      1, 2, 3,
    ])
  })

  it('has names in UTF-8', () => {
    expect(found('mé,ta=日本 fü=1')).toEqual([['mé', 'fü', '{"ta":"日本"}', 1]])
  })
})

describe('a bad line', () => {
  it.each([
    ['m', 'has no fields'],
    ['m,t=1', 'has no fields'],
    [',t=1 v=1', 'has no measurement'],
    ['m,t v=1', 'has a tag without a value'],
    ['m,t= v=1', 'has a tag without a value'],
    ['m,=1 v=1', 'has a tag without a name'],
    ['m,t=1, v=1', 'has a tag without a value'],
    ['m,t=1,t=2 v=1', 'has the same tag twice'],
    ['m,p=a=b v=1', 'has a tag value with an unescaped ='],
    ['m v=1,v=2', 'has the same field twice'],
    ['m v', 'has a field without a value'],
    ['m v=', 'has a field without a value'],
    ['m =1', 'has a field without a name'],
    ['m v=1,', 'has a field without a name'],
    ['m v=1,,w=2', 'has a field without a name'],
    ['m v=x', 'is not a number, boolean or string'],
    ['m v="x', 'has a string without its closing quote'],
    ['m v="x"y', 'has characters after the end of a string'],
    ['m v=1 x', 'has a timestamp that is not a whole number'],
    ['m v=1 1.5', 'has a timestamp that is not a whole number'],
    ['m v=1 1 2', 'has characters after its timestamp'],
  ])('%j is refused with its reason, and spoils no other', (line, reason) => {
    const { points, rejections, parsed } = decode(`a v=1\n${line}\nb v=2\n`)
    expect(points.map(({ service }) => service)).toEqual(['a', 'b'])
    expect(rejections).toMatchObject([
      {
        index: 1,
        code: 'invalid',
        detail: expect.stringContaining(
          `the line ${reason.startsWith('is not a ') ? 'has a field whose value ' : ''}${reason}`,
        ),
      },
    ])
    expect(parsed).toBe(2)
  })

  it('of nothing but strings is refused, though it was read', () => {
    const { points, rejections, parsed } = decode('m v="only",w="text"\n')
    expect([points.length, rejections.map(({ detail }) => detail), parsed]).toEqual([
      0,
      ['the line has only string fields, and strings are not stored'],
      1,
    ])
  })

  it('is refused by the rules of points, field by field', () => {
    expect(reasons(`m ok=1,big=2e150,${'x'.repeat(201)}=1\n${'m'.repeat(201)} v=1`)).toEqual([
      [0, 'value of "big" must be from -1e150 to 1e150'],
      [0, expect.stringContaining('must have at most 200 characters')],
      [1, expect.stringContaining('must have at most 200 characters')],
    ])
    expect(found(`${'m'.repeat(200)} ${'x'.repeat(200)}=1e150`)).toHaveLength(1)
  })

  it('is one that is not valid UTF-8 where it names a series', () => {
    const body = Buffer.concat([Buffer.from('m,t='), Buffer.from([0xff]), Buffer.from(' v=1\nm v=2')])
    expect(reasons(body)).toEqual([[0, 'the line is not valid UTF-8']])
    expect(found(body)).toHaveLength(1)
  })
})

it('has at most 1,024 tags, and none is read after them', () => {
  const tagged = (count: number) => `m${Array.from({ length: count }, (_, i) => `,t${i}=1`).join('')} v=1\n`
  expect(decode(tagged(1_024)).rejections[0]?.detail).toContain('must have at most 4096 bytes')
  expect(reasons(tagged(1_025))).toEqual([[0, 'labels of "v" must have at most 1024 names']])
  expect(reasons(tagged(1_025).replace(' v', ',without-a-value v'))).toEqual([
    [0, 'labels of "v" must have at most 1024 names'],
  ])
})

it('a body of unfinished strings, or of the longest lines, takes time by its length', () => {
  const begun = process.threadCpuUsage()
  decode('m v="x\n'.repeat(50_000))
  decode(`m,${'t=1,'.repeat(200_000)}`)
  decode(`m ${'\\'.repeat(1_000_000)}`)
  // Each tag may end at any of the commas after it, which are all escaped.
  const tags = Array.from({ length: 7_000 }, (_, i) => `${i}=v`).join('\\,')
  decode(Array.from({ length: 30 }, (_, i) => `m${i},${tags} v=1\n`).join(''))
  expect(statusOf(() => decode('m v=1\n'.repeat(100_001)))).toBe(413)
  expect(process.threadCpuUsage(begun).user / 1_000).toBeLessThan(3_000)
})

const name = fc
  .string({
    minLength: 1,
    maxLength: 12,
    unit: fc.constantFrom('a', 'ä', '日', ' ', ',', '=', '\\', '"', '#', '.', "'", '\t'),
  })
  // A backslash at the end cannot be written; a comment is none; and blanks before a line mean nothing.
  .filter((text) => !text.endsWith('\\') && !/^[ #]/.test(text))
const line = fc.record({
  measurement: name,
  tags: fc.dictionary(name, name, { maxKeys: 4 }),
  fields: fc.dictionary(name, fc.double({ min: -1e150, max: 1e150, noNaN: true }), { minKeys: 1, maxKeys: 3 }),
})
const escaped = (text: string, pattern: RegExp) => text.replace(pattern, '\\$&')

it('what is written by the rules is read as it was', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 5 }), (lines) => {
      const body = lines.map(({ measurement, tags, fields }) => {
        const tagged = Object.entries(tags).map(
          ([key, text]) => `,${escaped(key, /[,= ]/g)}=${escaped(text, /[,= ]/g)}`,
        )
        const values = Object.entries(fields).map(([key, number]) => `${escaped(key, /[,= ]/g)}=${number}`)
        return `${escaped(measurement, /[, ]/g)}${tagged.join('')} ${values.join(',')} ${NOON_MS}`
      })
      const { points, rejections } = decode(body.join('\n'))
      expect(rejections).toEqual([])
      expect(
        points.map(({ index, service, type, labels, value }) => [index, service, type, JSON.parse(labels), value]),
      ).toEqual(
        lines.flatMap(({ measurement, tags, fields }, index) =>
          Object.entries(fields).map(([key, number]) => [index, measurement, key, { ...tags }, number + 0]),
        ),
      )
    }),
    { numRuns: 300 },
  )
})

it('mutated lines are decoded or refused, never more', () => {
  const random = randomFrom(3)
  const seed = Buffer.from(
    String.raw`a\ b,k=v\,w,ü=日 f=1,s="x \" y",i=-3i,u=7u,b=t 1795176000000` + '\nm v=1\n# c\nm,t=2 v=2e3\n',
  )
  for (let round = 0; round < fuzzRounds; round++) expect(statusOf(() => decode(mutated(seed, random)))).toBe(200)
})
